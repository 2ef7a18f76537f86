import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { inDom0 } from '../support/dom0.ts';
import {
  assertNothingLeft,
  dom0,
  makeNetworkBundle,
  peer,
  removeNetworks,
  runDetached,
} from '../support/dom0-network.ts';

// What holds the other end of a tap: it joins tap0, which goes to the namespace, and tap1.
const joiner = String.raw`
import fcntl, os, select, struct, subprocess
def tap(name):
    device = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(device, 0x400454ca, struct.pack('16sH22x', name, 0x1002)) # TUNSETIFF, IFF_TAP | IFF_NO_PI
    return device
ends = [tap(b'tap0'), tap(b'tap1')]
for command in ('link set tap0 netns kinds', '-n kinds address add 10.51.0.2/24 dev tap0', '-n kinds link set tap0 up',
                'address add 10.51.0.1/24 dev tap1', 'link set tap1 up'):
    subprocess.run(['ip', *command.split()], check=True)
while True:
    for end in select.select(ends, [], [])[0]:
        os.write(ends[1 - ends.index(end)], os.read(end, 65536))
`;

before(async () => {
  await inDom0(
    `ip netns add kinds; ip link add kinds0 type veth peer name kinds1
     ip address add 10.50.0.1/24 dev kinds0; ip link set kinds0 up; ip link set kinds1 up
     ip link add link kinds1 name ipvl0 netns kinds type ipvlan mode l2
     ip -n kinds address add 10.50.0.2/24 dev ipvl0; ip -n kinds link set ipvl0 up
     modprobe tun; cat > /tmp/joiner.py; setsid python3 /tmp/joiner.py > /dev/null 2>&1 < /dev/null &
     echo $! > /tmp/joiner.pid
     deadline=$((SECONDS + 30))
     until ip address show tap1 2> /dev/null | grep -q 10.51 || [ $SECONDS -gt $deadline ]; do sleep 0.1; done`,
    [],
    joiner,
  );
  await makeNetworkBundle('kinds', '', undefined, (spec) => ({
    ...spec,
    linux: {
      ...spec.linux,
      namespaces: [
        ...spec.linux.namespaces.filter(({ type }) => type !== 'network'),
        { type: 'network', path: '/run/netns/kinds' },
      ],
    },
  }));
});

after(async () => {
  await inDom0('runx delete --force kinds; kill "$(cat /tmp/joiner.pid)"; rm /tmp/joiner.*');
  await removeNetworks(['kinds0'], ['kinds']);
  await assertNothingLeft();
});

test('ipvlan and tap: the container answers, and calls', async () => {
  await runDetached('kinds');
  const seen = await dom0(
    `for host in 10.50.0.2 10.51.0.2; do
       ${peer} ready "$host" 7; ${peer} call "$host" 7
       runx exec kinds busybox ping -q -c 1 -W 5 "\${host%2}1" < /dev/null | grep -c ' 0% packet loss'
     done`,
  );
  assert.equal(seen, '10.50.0.1\n1\n10.51.0.1\n1\n');
});
