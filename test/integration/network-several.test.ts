import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { inDom0 } from '../support/dom0.ts';
import {
  addressesOf,
  assertNothingLeft,
  confs,
  dom0,
  example,
  inContainer,
  makeNetworkBundle,
  peer,
  removeNetworks,
  runDetached,
  startInDom0,
  stateOf,
  writeConfs,
} from '../support/dom0-network.ts';

const bridge = (name: string, number: number, more: object = {}) => ({
  cniVersion: '1.0.0',
  name,
  type: 'bridge',
  bridge: `several${number}`,
  ...more,
});

// Every way to an address, each on an interface of its own; the first is the way out.
const several = [
  `${confs}/web.conflist,web;${confs}/mynet.conf,mynet,192.168.0.77`,
  `${confs}/plain.conf,plain,10.41.0.5/24 ${confs}/plain6.conf,plain6,fd00:42::5/64`,
  `${confs}/dual.conf,dual ;${confs}/direct.conf,direct,10.47.0.5/24`,
].join(' ');

const ownResolv = '/var/tmp/runx-test/several-resolv.conf';
let ends: readonly (() => Promise<void>)[] = [];

before(async () => {
  await writeConfs({
    'web.conflist': await example('web.conflist'),
    'mynet.conf': await example('mynet.conf'),
    'lan.conf': await example('lan.conf'),
    'plain.conf': bridge('plain', 1, { mtu: 1400 }),
    'plain6.conf': bridge('plain6', 2),
    'dual.conf': bridge('dual', 3, {
      isGateway: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: '10.43.0.0/24' }], [{ subnet: 'fd00:43::/64' }]],
        routes: [{ dst: '10.143.0.0/16' }, { dst: 'fd00:143::/32' }],
        dataDir: '/run/ipam-state',
      },
    }),
    'direct.conf': { cniVersion: '1.0.0', name: 'direct', type: 'macvlan', master: 'direct0' },
    'second.conf': bridge('second', 4),
  });
  await dom0(
    `for bridge in br0 several1 several2 several4; do
       ip link add "$bridge" type bridge; ip link set "$bridge" up
     done
     ip address add 10.41.0.1/24 dev several1; ip address add fd00:42::1/64 dev several2 nodad
     ip address add 10.40.0.1/24 dev br0; ip address add 10.44.0.1/24 dev several4
     ip link add direct0 type veth peer name direct1; ip link set direct0 up
     ip address add 10.47.0.1/24 dev direct1; ip link set direct1 up
     ip netns add outside; ip link add out0 type veth peer name eth0 netns outside
     ip address add 10.99.0.1/24 dev out0; ip link set out0 up
     ip -n outside address add 10.99.0.2/24 dev eth0; ip -n outside link set eth0 up
     ip -n outside route add default via 10.99.0.1; mkdir -p /var/tmp/runx-test; echo 'nameserver 192.0.2.1' > ${ownResolv}`,
  );
});

after(async () => {
  for (const end of ends) await end();
  for (const name of ['several', 'dhcp']) await inDom0('runx delete --force "$1"', [name]);
  await removeNetworks(
    'several1 several2 several3 several4 br0 direct0 out0 runxweb0 xenbr0'.split(' '),
    ['outside'],
  );
  await inDom0(`rm -f ${ownResolv} /tmp/several.*`);
  await assertNothingLeft();
});

test('several networks in one NETCONF are eth0, eth1 ..., each with its address, route and MTU', async () => {
  await makeNetworkBundle('several', several, undefined, (spec) => ({
    ...spec,
    mounts: [
      ...spec.mounts,
      {
        destination: '/etc/resolv.conf',
        type: 'bind',
        source: ownResolv,
        options: ['rbind', 'ro'],
      },
    ],
  }));
  await runDetached('several');
  const { network = [] } = await stateOf('several');
  const [web = ''] = await addressesOf('several', 'eth0');
  assert.deepEqual(Object.fromEntries(network.map(({ name, addresses }) => [name, addresses])), {
    eth0: [`${web}/24`],
    eth1: ['192.168.0.77/24'],
    eth2: ['10.41.0.5/24'],
    eth3: ['fd00:42::5/64'],
    eth4: ['10.43.0.2/24', 'fd00:43::2/64'],
    eth5: ['10.47.0.5/24'],
  });
  await dom0(`${peer} ready "$1" 7`, web);
  const seen = await inContainer(
    'several',
    `busybox ip -o address show scope global; echo ---; busybox ip route; busybox ip -6 route; echo ---
     for name in eth0 eth1 eth2 eth3 eth4 eth5; do cat /sys/class/net/$name/mtu; done; echo ---
     cat /etc/resolv.conf`,
  );
  const [addresses = '', routes = '', mtus, resolv] = seen.stdout.toString().split('---\n');
  for (const { name, addresses: own } of network) {
    for (const address of own) {
      assert.match(addresses, new RegExp(`${name} +inet6? ${address.replaceAll('.', '\\.')} `));
    }
  }
  assert.equal(addresses.match(/ inet6? /g)?.length, 7, addresses);
  assert.match(routes, /^default via 10\.88\.1\.1 dev eth0/m);
  assert.match(routes, /^10\.143\.0\.0\/16 via 10\.43\.0\.1 dev eth4/m);
  assert.match(routes, /^fd00:143::\/32 via fd00:43::1 dev eth4/m);
  assert.match(routes, /^fd00:42::\/64 dev eth3/m);
  assert.equal(mtus, '1500\n1500\n1400\n1500\n1500\n1500\n');
  assert.equal(resolv, 'nameserver 192.0.2.1\n', 'what config.json mounts there wins');
});

test('every one of them answers, IPv4 and IPv6, macvlan too', async () => {
  const hosts = ['192.168.0.77', '10.41.0.5', 'fd00:42::5', '10.43.0.2', 'fd00:43::2', '10.47.0.5'];
  const seen = await dom0(
    `ip address show several3 | grep fd00:43::1/64 > /dev/null
     for host; do ${peer} call "$host" 7; done; ${peer} whole 10.41.0.5 7 1372
     ip link set several1 mtu 1400; ${peer} whole 10.41.0.5 7 1373`,
    ...hosts,
  );
  const callers = ['192.168.0.1', '10.41.0.1', 'fd00:42::1', '10.43.0.1', 'fd00:43::1'];
  assert.equal(
    seen,
    [...callers, '10.47.0.1', '1372', '[Errno 90] Message too long', ''].join('\n'),
  );
});

test('a port of Dom0 leads to the container: from beyond Dom0, and from Dom0 itself', async () => {
  // The static busybox's wget dies of the resolver in such a namespace.
  const fetch = `python3 -I -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode(), end="")'`;
  const seen = await dom0(
    `ip netns exec outside ${fetch} http://10.99.0.1:8080/etc/passwd
     ${fetch} http://10.99.0.1:8080/etc/passwd; ${fetch} http://127.0.0.1:8080/etc/passwd`,
  );
  assert.equal(seen, 'root:x:0:0:root:/root:/bin/sh\n'.repeat(3));
});

test('deleted: of none of the networks is anything left', async () => {
  await dom0('runx delete --force several');
  await assertNothingLeft();
});

test('ipam "dhcp" and no ipam ask a DHCP server; io.runx.netconf where it is allowed', async () => {
  ends = [
    await startInDom0(
      `dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --port=0 --pid-file= --interface=br0,several4
       --bind-interfaces --no-ping --dhcp-leasefile=/tmp/several.leases
       --dhcp-range=set:lan,10.40.0.10,10.40.0.20,1h --dhcp-range=set:second,10.44.0.10,10.44.0.20,1h
       --dhcp-option=tag:lan,option:dns-server,192.0.2.53 --dhcp-option=tag:lan,option:domain-name,lan.example
       --dhcp-option=tag:second,option:router`.replaceAll('\n', ' '),
    ),
  ];
  await dom0(
    `deadline=$((SECONDS + 20)); until [ -e /tmp/several.leases ] || [ $SECONDS -gt $deadline ]; do sleep 0.2; done
     echo 'annotations = ["io.runx.netconf"]' > /tmp/several.toml`,
  );
  const netconf = `${confs}/lan.conf,lan;${confs}/second.conf,second`;
  await makeNetworkBundle('dhcp', '', undefined, (spec) => ({
    ...spec,
    annotations: { 'io.runx.netconf': netconf },
  }));
  await runDetached('dhcp', '--config /tmp/several.toml');
  const { network = [] } = await stateOf('dhcp');
  const leases = new Map<string, string>();
  // EXPIRY MAC ADDRESS NAME CLIENT, when the guest has asked.
  for (const { mac } of network) {
    const line = await dom0(
      `deadline=$((SECONDS + 60)); until grep -q "$1" /tmp/several.leases || [ $SECONDS -gt $deadline ]; do sleep 0.2; done
       grep "$1" /tmp/several.leases`,
      mac,
    );
    leases.set(mac, line.split(' ')[2] ?? '');
  }
  const [first = '', second = ''] = [...leases.values()];
  assert.match(first, /^10\.40\.0\.(1\d|20)$/);
  assert.match(second, /^10\.44\.0\.(1\d|20)$/);
  await dom0(`${peer} ready "$1" 7; ${peer} ready "$2" 7`, first, second);
  assert.deepEqual(await addressesOf('dhcp'), [first]);
  assert.deepEqual(await addressesOf('dhcp', 'eth1'), [second]);
  const seen = await inContainer(
    'dhcp',
    'busybox ip -o -4 address show scope global; busybox ip route; echo ---; cat /etc/resolv.conf',
  );
  const [text = '', resolv = ''] = seen.stdout.toString().split('---\n');
  assert.match(text, new RegExp(`eth0 +inet ${first}/24 `));
  assert.match(text, new RegExp(`eth1 +inet ${second}/24 `));
  assert.match(text, /^default via 10\.40\.0\.1 dev eth0/m);
  assert.doesNotMatch(text, /via 10\.44\.0\.1/);
  assert.match(resolv, /^nameserver 192\.0\.2\.53$/m);
  assert.match(resolv, /^(search|domain) lan\.example$/m);
  await dom0('runx delete --force dhcp');
});
