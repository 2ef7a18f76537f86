import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import type { defaultSpec } from '../../src/oci/default-spec.ts';
import { inDom0 } from '../support/dom0.ts';
import {
  assertNothingLeft,
  dom0,
  inContainer,
  makeNetworkBundle,
  networkTraces,
  peer,
  removeNetworks,
  runDetached,
  stateOf,
} from '../support/dom0-network.ts';

type Spec = typeof defaultSpec;

// The container's network namespace, as an engine says in config.json where it is.
const inNamespace =
  (path: string) =>
  (spec: Spec): object => ({
    ...spec,
    linux: {
      ...spec.linux,
      namespaces: [
        ...spec.linux.namespaces.filter(({ type }) => type !== 'network'),
        ...(path === '' ? [] : [{ type: 'network', path }]),
      ],
    },
  });

// What an engine would have put there: two interfaces, and all that one can have.
const fill = `
  ip netns add engine; ip link add eng0 type veth peer name eth0 netns engine
  ip link add eng1 type veth peer name net1 netns engine
  ip link set eng0 mtu 1400; ip link set eng0 up; ip link set eng1 up
  ip address add 10.45.0.1/24 dev eng0; ip address add fd00:45::1/64 dev eng0 nodad
  ip address add 10.46.0.1/24 dev eng1; ip -n engine link set lo up
  ip -n engine link set eth0 mtu 1400 address 02:42:0a:2d:00:02; ip -n engine link set eth0 up
  ip -n engine address add 10.45.0.2/24 dev eth0; ip -n engine address add fd00:45::2/64 dev eth0 nodad
  ip -n engine link set net1 up; ip -n engine address add 10.46.0.2/24 dev net1
  ip -n engine route add default via 10.45.0.1; ip -n engine -6 route add default via fd00:45::1
  ip -n engine route add 10.145.0.0/16 via 10.46.0.1 metric 50
  ip -n engine neighbour add 10.45.0.200 lladdr 02:00:00:00:02:00 nud permanent dev eth0`;

before(async () => {
  await dom0(fill);
  await makeNetworkBundle('engine-a', '', undefined, inNamespace('/run/netns/engine'));
  await makeNetworkBundle('engine-b', '', undefined, inNamespace('/run/netns/engine'));
  await runDetached('engine-a');
  await dom0(`${peer} ready 10.45.0.2 7`);
});

// engine-a is there until it is deleted.
let isOver = false;
afterEach(async () => {
  if (isOver) await assertNothingLeftInNamespaces();
});

after(async () => {
  for (const name of ['engine-a', 'engine-b', 'engine-late', 'engine-lone']) {
    await inDom0('runx delete --force "$1"', [name]);
  }
  await removeNetworks(['eng0', 'eng1', 'late0', 'late1'], ['engine', 'empty']);
  await assertNothingLeft();
});

// The engine's own veths are there still, of which Dom0 has the other ends.
const assertNothingLeftInNamespaces = async (): Promise<void> => {
  const seen = await dom0(`ip -n engine -o link show | grep -c 'vif[0-9]' || :; ip netns list`);
  assert.match(seen, /^0$/m, 'no vif is left in the namespace');
  assert.match(seen, /^engine\b/m, "the engine's namespace is the engine's");
  assert.equal(await networkTraces(20), '', 'no network is left behind');
};

test("all of the namespace is the guest's: names, MACs, MTUs, addresses, routes, neighbours", async () => {
  const { network } = await stateOf('engine-a');
  assert.deepEqual(network?.[0], {
    name: 'eth0',
    mac: '02:42:0a:2d:00:02',
    addresses: ['10.45.0.2/24', 'fd00:45::2/64'],
  });
  assert.deepEqual(
    network.slice(1).map(({ name, addresses }) => ({ name, addresses })),
    [{ name: 'net1', addresses: ['10.46.0.2/24'] }],
  );
  const seen = await inContainer(
    'engine-a',
    `busybox ip -o address show scope global; echo ---; busybox ip route; busybox ip -6 route; echo ---
     busybox ip neigh; echo ---; cat /sys/class/net/eth0/mtu /sys/class/net/net1/mtu /sys/class/net/eth0/address
     ls /sys/class/net`,
  );
  const [addresses = '', routes = '', neighbours, rest] = seen.stdout.toString().split('---\n');
  assert.match(addresses, /eth0 +inet 10\.45\.0\.2\/24 /);
  assert.match(addresses, /eth0 +inet6 fd00:45::2\/64 scope global/);
  assert.doesNotMatch(addresses, /tentative|dadfailed/);
  assert.match(addresses, /net1 +inet 10\.46\.0\.2\/24 /);
  assert.match(routes, /^default via 10\.45\.0\.1 dev eth0/m);
  assert.match(routes, /^10\.145\.0\.0\/16 via 10\.46\.0\.1 dev net1 +metric 50/m);
  assert.match(routes, /^10\.45\.0\.0\/24 dev eth0 /m);
  assert.match(routes, /^default via fd00:45::1 dev eth0/m);
  assert.match(routes, /^fd00:45::\/64 dev eth0/m);
  assert.match(neighbours ?? '', /^10\.45\.0\.200 dev eth0 lladdr 02:00:00:00:02:00 .*PERMANENT/m);
  assert.equal(rest, '1400\n1500\n02:42:0a:2d:00:02\neth0\nlo\nnet1\n', seen.stderr);
});

test('it answers at every address, from the other ends, and calls them', async () => {
  const seen = await dom0(
    `${peer} call 10.45.0.2 7; ${peer} call fd00:45::2 7; ${peer} call 10.46.0.2 7
     ${peer} whole 10.45.0.2 7 1372; busybox ping -q -c 2 -W 5 10.45.0.2 > /dev/null; echo $?`,
  );
  assert.equal(seen, '10.45.0.1\nfd00:45::1\n10.46.0.1\n1372\n0\n');
  const called = await inContainer(
    'engine-a',
    `for host in 10.45.0.1 10.46.0.1; do busybox ping -q -c 1 -W 5 $host > /dev/null; echo $?; done
     busybox ping6 -q -c 1 -W 5 fd00:45::1 > /dev/null; echo $?`,
  );
  assert.equal(called.stdout.toString(), '0\n0\n0\n', called.stderr);
});

test('a second container in the namespace is refused while the first is there, not after', async () => {
  const second = await inDom0('runx run --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null', [
    'engine-b',
  ]);
  assert.match(second.stderr, /^runx: .*network namespace.*\n$/);
  assert.deepEqual([second.stdout.toString(), second.exitCode], ['', 1]);
  assert.equal(await dom0(`${peer} call 10.45.0.2 7; runx list -q`), '10.45.0.1\nengine-a\n');
  await dom0('runx delete --force engine-a');
  isOver = true;
  await runDetached('engine-b');
  await dom0(`${peer} ready 10.45.0.2 7; runx delete --force engine-b`);
  const links = await dom0('ip -n engine -br link');
  assert.match(links, /^eth0@\S+ +UP +02:42:0a:2d:00:02 /m, 'the namespace can be used again');
  assert.deepEqual(
    links
      .trim()
      .split('\n')
      .map((line) => line.replace(/[@ ].*/, '')),
    ['lo', 'eth0', 'net1'],
  );
});

test('a namespace that is filled by a hook, and between create and start', async () => {
  const hook = (name: string, number: number, script = '') => ({
    path: '/bin/sh',
    args: [
      'sh',
      '-c',
      `pid=$(grep -o '"pid": *[0-9]*' | grep -o '[0-9]*')
       ip link add late${number} type veth peer name ${name} netns $pid; ${script}`,
    ],
    env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
  });
  const up = `ip address add 10.48.0.1/24 dev late0; ip link set late0 up
    nsenter --net=/proc/$pid/ns/net ip address add 10.48.0.2/24 dev eth0
    nsenter --net=/proc/$pid/ns/net ip link set eth0 up`;
  await makeNetworkBundle('engine-late', '', undefined, (spec) => ({
    ...spec,
    hooks: { prestart: [hook('eth0', 0, up)], createRuntime: [hook('eth1', 1)] },
  }));
  await dom0(
    `runx create --bundle "/var/tmp/runx-test/$1" --pid-file /tmp/late.pid "$1" < /dev/null > /tmp/late.out 2>&1
     ns="nsenter --net=/proc/$(cat /tmp/late.pid)/ns/net"
     ip address add 10.49.0.1/24 dev late1; ip link set late1 up
     $ns ip address add 10.49.0.2/24 dev eth1; $ns ip link set eth1 up; runx start "$1"`,
    'engine-late',
  );
  const seen = await dom0(
    `${peer} ready 10.48.0.2 7; ${peer} call 10.48.0.2 7; ${peer} call 10.49.0.2 7; runx delete --force engine-late
     deadline=$((SECONDS + 20)); while ip link show late1 && [ $SECONDS -lt $deadline ]; do sleep 0.2; done > /dev/null 2>&1
     ip link show type veth | grep -c late || :; rm /tmp/late.pid`,
  );
  assert.equal(seen, '10.48.0.1\n10.49.0.1\n0\n', 'and its interfaces go with it');
});

const lone = ['sh', '-c', 'ls /sys/class/net; busybox ip -o address show; busybox ip route'];

test('an empty namespace: nothing but lo; and so is the host\'s with host_network = "none"', async () => {
  for (const path of ['/run/netns/empty', '']) {
    await makeNetworkBundle('engine-lone', '', lone, inNamespace(path));
    const seen = await dom0(
      `ip netns add empty 2> /dev/null || :; echo 'host_network = "none"' > /tmp/lone.toml
       runx --config /tmp/lone.toml run --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null; rm /tmp/lone.toml`,
      'engine-lone',
    );
    const [links, ...addresses] = seen.trim().split('\n');
    assert.equal(links, 'lo');
    assert.match(addresses.join('\n'), /^1: lo +inet 127\.0\.0\.1\/8 /);
    assert.doesNotMatch(addresses.join('\n'), /eth/);
  }
});

test('a namespace that is not there, and none at all: refused', async () => {
  const run = (): ReturnType<typeof inDom0> =>
    inDom0('runx run --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null', ['engine-lone']);
  await makeNetworkBundle('engine-lone', '', lone, inNamespace('/run/netns/nosuch'));
  const missing = await run();
  assert.match(missing.stderr, /^runx: .*\/run\/netns\/nosuch.*\n$/);
  assert.equal(missing.exitCode, 1);
  // Dom0's own is not one that a domain could be in.
  for (const path of ['', '/proc/1/ns/net']) {
    await makeNetworkBundle('engine-lone', '', lone, inNamespace(path));
    const refused = await run();
    assert.match(refused.stderr, /^runx: .*host_network.*\n$/);
    assert.equal(refused.exitCode, 1);
  }
});
