import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { inDom0, untilStopped } from '../support/dom0.ts';
import {
  addressesOf,
  assertNothingLeft,
  confs,
  dom0,
  example,
  inContainer,
  makeNetworkBundle,
  networkRootfs,
  peer,
  removeNetworks,
  runDetached,
  startInDom0,
  stateOf,
  writeConfs,
} from '../support/dom0-network.ts';
import { isFull } from '../support/full.ts';

// Two containers with the file that the runX project has always shown, and a network
// beyond Dom0 that knows no way back to theirs.
const names = ['mynet-a', 'mynet-b'] as const;
const [a, b] = names;
const outside = '10.99.0.2';
let [addressA, addressB] = ['', ''];
let endOutside = async (): Promise<void> => {};

before(async () => {
  await writeConfs({ 'mynet.conf': await example('mynet.conf') });
  for (const name of names) {
    await makeNetworkBundle(name, `${confs}/mynet.conf,mynet`);
    await runDetached(name);
  }
  [addressA = '', addressB = ''] = [...(await addressesOf(a)), ...(await addressesOf(b))];
  await dom0(
    `ip netns add outside; ip link add out0 type veth peer name eth0 netns outside
     ip address add 10.99.0.1/24 dev out0; ip link set out0 up
     ip -n outside address add "$1/24" dev eth0; ip -n outside link set eth0 up`,
    outside,
  );
  endOutside = await startInDom0(`ip netns exec outside ${peer} serve 7`);
  for (const address of [addressA, addressB]) await dom0(`${peer} ready "$1" 7`, address);
});

after(async () => {
  for (const name of names) await inDom0('runx delete --force "$1"', [name]);
  await endOutside();
  await removeNetworks(['out0', 'xenbr0'], ['outside']);
  await assertNothingLeft();
});

test("the project's own file: address, route, nameserver, and NETCONF is not passed on", async () => {
  const { network, pid } = await stateOf(a);
  assert.deepEqual(
    network?.map(({ name, addresses }) => ({ name, addresses })),
    [{ name: 'eth0', addresses: [`${addressA}/24`] }],
  );
  assert.match(addressA, /^192\.168\.0\.\d+$/);
  assert.notEqual(addressA, addressB);
  const mac = await dom0(`nsenter --net=/proc/$1/ns/net ip -br link show eth0`, String(pid));
  assert.ok(mac.includes(network?.[0]?.mac ?? 'no MAC'), mac);
  const seen = await inContainer(
    a,
    `busybox ip -o address show scope global; busybox ip -o link show eth0; echo ---
     busybox ip route; echo ---; cat /etc/resolv.conf; echo ---; env`,
  );
  const [addresses = '', routes = '', resolv, env = ''] = seen.stdout.toString().split('---\n');
  assert.match(addresses, new RegExp(`eth0 +inet ${addressA}/24 brd 192\\.168\\.0\\.255 `));
  assert.match(addresses, /eth0: <\S*UP,LOWER_UP\S*> mtu 1500 /);
  assert.ok(addresses.includes(network?.[0]?.mac ?? 'no MAC'), addresses);
  assert.match(routes, new RegExp(`^192\\.168\\.0\\.0/24 dev eth0 .*src ${addressA}`, 'm'));
  assert.match(routes, /^192\.168\.0\.0\/24 via 192\.168\.0\.1 dev eth0/m);
  assert.equal(resolv, 'nameserver 8.8.8.8\n');
  assert.doesNotMatch(env, /NETCONF/);
  const kept = await dom0('cat "$1/etc/resolv.conf" 2> /dev/null || :', networkRootfs);
  assert.equal(kept, '', 'the rootfs itself is not written to');
});

test('in Dom0: the bridge, a lease for each, the masquerade rules; ADDRESS of runx list', async () => {
  const seen = await dom0(
    `ip -br address show xenbr0; echo ---; cat "/run/ipam-state/mynet/$1"; echo; echo ---
     iptables-save -t nat; echo ---; runx list`,
    addressA,
  );
  const [bridge = '', lease = '', rules = '', list = ''] = seen.split('---\n');
  assert.match(bridge, /^xenbr0 +UP +192\.168\.0\.1\/24 /);
  assert.match(lease, /^runx-mynet-a-\S+\s+eth0\s*$/);
  for (const address of [addressA, addressB]) {
    assert.match(rules, new RegExp(`-A POSTROUTING -s ${address}/32 .*name: \\\\"mynet\\\\"`));
  }
  assert.match(rules, /-A CNI-[0-9a-f]+ ! -d 224\.0\.0\.0\/4 .*-j MASQUERADE/);
  const [title = '', ...rows] = list.split('\n');
  const column = title.indexOf('ADDRESS');
  assert.ok(column > 0, title);
  const cells = new Set(rows.map((row) => row.slice(column).split(' ')[0]));
  assert.ok(cells.has(addressA) && cells.has(addressB), list);
});

test('the containers reach each other and Dom0, and an address beyond it by masquerade', async () => {
  const pings = await inContainer(
    a,
    `for host in ${addressB} 192.168.0.1; do busybox ping -c 2 -W 5 -q $host > /dev/null; echo $?; done`,
  );
  assert.equal(pings.stdout.toString(), '0\n0\n', pings.stderr);
  const seen = await dom0(
    `ask() { ${peer} ask "$1" 7 call "$2" 7; }; ask "$1" "$2"; ask "$1" ${outside}
     runx exec ${a} busybox ip route add default via 192.168.0.1 < /dev/null; ask "$1" ${outside}`,
    addressA,
    addressB,
  );
  assert.deepEqual(seen.trim().split('\n'), [
    // No address is rewritten between them.
    addressA,
    // The file has a route to its own subnet, and to nowhere else.
    '[Errno 101] Network is unreachable',
    '10.99.0.1',
  ]);
});

const sizes = { full: 100_000_000, usual: 10_000_000 };

test('files by HTTP, from the container and into it, byte for byte', async (t) => {
  const size = isFull ? sizes.full : sizes.usual;
  t.diagnostic(`${size} bytes`);
  const expected = await dom0(
    'head -c "$2" /dev/urandom > "$1/blob"; sha256sum < "$1/blob"',
    networkRootfs,
    String(size),
  );
  const got = await dom0(`busybox wget -q -O - "http://$1/blob" | sha256sum`, addressA);
  assert.equal(got, expected, 'fetched from the container');
  const end = await startInDom0(`busybox httpd -f -p 192.168.0.1:8000 -h ${networkRootfs}`);
  try {
    const { stdout, stderr } = await inContainer(
      a,
      'i=0; until busybox wget -q -O - http://192.168.0.1:8000/etc/passwd > /dev/null || [ $i = 20 ]; do i=$((i + 1)); sleep 0.5; done; busybox wget -q -O - http://192.168.0.1:8000/blob | sha256sum',
    );
    assert.equal(stdout.toString(), expected, `fetched by the container: ${stderr}`);
  } finally {
    await end();
  }
});

test('datagrams of every size, both ways; the MTU of 1500 is whole', async () => {
  const seen = await dom0(
    `${peer} datagrams "$1" 7; ${peer} whole "$1" 7 1472; ${peer} whole "$1" 7 1473
     ask() { ${peer} ask "$1" 7 "\${@:2}"; }
     ask "$1" datagrams "$2" 7; ask "$1" whole "$2" 7 1472; ask "$1" whole "$2" 7 1473`,
    addressA,
    addressB,
  );
  assert.equal(seen, '1472 datagrams\n1472\n[Errno 90] Message too long\n'.repeat(2));
});

test('delete --force of a running container leaves the other as it is', async () => {
  await dom0('runx delete --force "$1"', a);
  const seen = await dom0(
    `ls /run/ipam-state/mynet; iptables-save -t nat | grep 'id: '; ip -o link show type veth | grep -c xenbr0`,
  );
  assert.ok(!seen.includes(addressA) && seen.includes(addressB), seen);
  assert.match(seen, /^1$/m, 'one veth is left in the bridge');
  assert.equal(await dom0(`${peer} call "$1" 7`, addressB), '192.168.0.1\n');
});

test('a monitor that is killed: delete takes the container out of its network', async () => {
  const { pid } = await stateOf(b);
  const seen = await dom0(`kill -9 "$2"; ${untilStopped('$1')}; runx delete "$1"`, b, String(pid));
  assert.equal(seen, '');
  await assertNothingLeft();
});
