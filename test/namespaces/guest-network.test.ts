import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { withGuest } from '../support/guest-network.ts';
import type { GuestNetwork } from '../support/guest-network.ts';
import { waitUntil } from '../support/wait-until.ts';

const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'] as const;
const [first, second, third] = macs;

const applyAll = async (guest: GuestNetwork, lines: readonly string[]): Promise<void> => {
  assert.deepEqual(await guest.apply(lines.join('\n')), { code: 0, said: '' });
};

const pick = (value: Record<string, unknown>, ...keys: string[]) =>
  Object.fromEntries(keys.filter((key) => key in value).map((key) => [key, value[key]]));

// Link-local addresses are the kernel's, and come when it finds time.
const addressesOf = (guest: GuestNetwork, name: string) => {
  const [link = {}] = guest.ip('address', 'show', 'dev', name);
  const infos: Record<string, unknown>[] = JSON.parse(JSON.stringify(link['addr_info']));
  return infos
    .filter(({ scope }) => scope !== 'link')
    .map((info) =>
      pick(info, 'local', 'address', 'prefixlen', 'broadcast', 'noprefixroute', 'nodad'),
    );
};

const routesOf = (guest: GuestNetwork, family: '-4' | '-6') =>
  guest
    .ip(family, 'route')
    .filter(({ dst }) => dst !== 'fe80::/64')
    .map((route) => pick(route, 'dst', 'dev', 'gateway', 'prefsrc', 'scope', 'metric', 'flags'));

/** Names, MTUs and whether it is up, by MAC. */
const linksOf = (guest: GuestNetwork) =>
  guest
    .ip('link')
    .filter(({ link_type }) => link_type === 'ether')
    .map(({ ifname, address, mtu, flags }) => ({
      ifname,
      address,
      mtu,
      up: Array.isArray(flags) && flags.includes('UP'),
    }))
    .toSorted((a, b) => String(a.address).localeCompare(String(b.address)));

const upLink = (ifname: string, address: string, mtu = 1500) => ({
  ifname,
  address,
  mtu,
  up: true,
});

withGuest('no lines: lo is up, and nothing else', async (guest) => {
  guest.addLink('eth0', first);
  await applyAll(guest, []);
  assert.deepEqual(
    addressesOf(guest, 'lo').map(({ local }) => local),
    ['127.0.0.1', '::1'],
  );
  assert.deepEqual(linksOf(guest), [{ ...upLink('eth0', first), up: false }]);
});

withGuest('addresses, IPv4 and IPv6, with and without a peer', async (guest) => {
  guest.addLink('eth0', first);
  await applyAll(guest, [
    `link eth0 ${first} 1400`,
    'address eth0 10.1.0.2 20 -',
    'address eth0 10.2.0.2 31 -',
    'address eth0 10.3.0.2 32 10.3.0.1',
    'address eth0 10.4.0.2 29 10.5.0.9',
    'address eth0 fd00::2 64 -',
    'address eth0 fd01::2 128 fd01::1',
  ]);
  assert.deepEqual(linksOf(guest), [upLink('eth0', first, 1400)]);
  const noprefixroute = true;
  const nodad = true;
  assert.deepEqual(addressesOf(guest, 'eth0'), [
    { local: '10.1.0.2', prefixlen: 20, broadcast: '10.1.15.255', noprefixroute },
    { local: '10.2.0.2', prefixlen: 31, noprefixroute },
    { local: '10.3.0.2', address: '10.3.0.1', prefixlen: 32, noprefixroute },
    {
      local: '10.4.0.2',
      address: '10.5.0.9',
      prefixlen: 29,
      broadcast: '10.5.0.15',
      noprefixroute,
    },
    { local: 'fd01::2', address: 'fd01::1', prefixlen: 128, noprefixroute, nodad },
    { local: 'fd00::2', prefixlen: 64, noprefixroute, nodad },
  ]);
  assert.deepEqual(routesOf(guest, '-4'), []);
  // This one is the kernel's, whatever it is told.
  assert.deepEqual(routesOf(guest, '-6'), [
    { dst: 'fd01::1', dev: 'eth0', metric: 256, flags: [] },
  ]);
  const conf = guest.space.run('cat', ['/proc/sys/net/ipv6/conf/eth0/accept_dad'], guest.namespace);
  assert.equal(conf, '0\n');
});

const routed = [
  `link eth0 ${first} 1500`,
  `link eth1 ${second} 1500`,
  'address eth0 10.1.0.2 24 -',
  'address eth0 10.1.0.3 24 -',
  'address eth0 fd00::2 64 -',
  'address eth1 10.2.0.2 32 -',
  'route eth0 10.1.0.0/24 - 10.1.0.2 0 253 0',
  'route eth0 fd00::/64 - - 256 0 0',
  'route eth0 0.0.0.0/0 10.1.0.1 - 0 0 0',
  'route eth1 0.0.0.0/0 10.99.0.1 - 0 0 1',
  'route eth1 10.9.0.0/16 10.99.0.1 10.2.0.2 4294967295 0 1',
  'route eth0 10.8.0.0/16 10.1.0.1 10.1.0.3 7 0 0',
  'route eth0 ::/0 fd00::1 fd00::2 0 0 0',
  'route eth1 fd09::/48 fe80::1 - 5 0 0',
  'neighbour eth0 10.1.0.1 02:00:00:00:00:AA',
  'neighbour eth1 fe80::1 02:00:00:00:00:bb',
];

const expectRouted = (guest: GuestNetwork) => {
  assert.deepEqual(routesOf(guest, '-4'), [
    { dst: 'default', gateway: '10.1.0.1', dev: 'eth0', flags: [] },
    { dst: 'default', gateway: '10.99.0.1', dev: 'eth1', flags: ['onlink'] },
    { dst: '10.1.0.0/24', dev: 'eth0', scope: 'link', prefsrc: '10.1.0.2', flags: [] },
    {
      dst: '10.8.0.0/16',
      gateway: '10.1.0.1',
      dev: 'eth0',
      prefsrc: '10.1.0.3',
      metric: 7,
      flags: [],
    },
    {
      dst: '10.9.0.0/16',
      gateway: '10.99.0.1',
      dev: 'eth1',
      prefsrc: '10.2.0.2',
      metric: 4294967295,
      flags: ['onlink'],
    },
  ]);
  assert.deepEqual(routesOf(guest, '-6'), [
    { dst: 'fd00::/64', dev: 'eth0', metric: 256, flags: [] },
    { dst: 'fd09::/48', gateway: 'fe80::1', dev: 'eth1', metric: 5, flags: [] },
    {
      dst: 'default',
      gateway: 'fd00::1',
      dev: 'eth0',
      prefsrc: 'fd00::2',
      metric: 1024,
      flags: [],
    },
  ]);
  const state = ['PERMANENT'];
  assert.deepEqual(guest.ip('neighbour', 'show', 'nud', 'permanent'), [
    { dst: '10.1.0.1', dev: 'eth0', lladdr: '02:00:00:00:00:aa', state },
    { dst: 'fe80::1', dev: 'eth1', lladdr: '02:00:00:00:00:bb', state },
  ]);
};

withGuest('routes and neighbours; a second time changes nothing', async (guest) => {
  guest.addLink('eth0', first);
  guest.addLink('eth1', second);
  await applyAll(guest, routed);
  expectRouted(guest);
  const before = guest.ip('address');
  await applyAll(guest, routed);
  expectRouted(guest);
  assert.deepEqual(guest.ip('address').map(({ addr_info }) => addr_info).length, before.length);
  assert.deepEqual(addressesOf(guest, 'eth0').length, 3);
});

withGuest('interfaces that came in another order get their names', async (guest) => {
  guest.addLink('eth0', third);
  guest.addLink('eth1', first);
  guest.addLink('eth2', second);
  // One that is up already keeps its name no more than others.
  guest.space.run('ip', ['link', 'set', 'eth1', 'up'], guest.namespace);
  const lines = macs.map((mac, index) => `link eth${index} ${mac} ${1400 + index}`);
  await applyAll(guest, lines);
  const expected = macs.map((mac, index) => upLink(`eth${index}`, mac, 1400 + index));
  assert.deepEqual(linksOf(guest), expected);
  await applyAll(guest, lines);
  assert.deepEqual(linksOf(guest), expected);
});

withGuest('two interfaces swap their names; one that is not told makes room', async (guest) => {
  guest.addLink('eth0', first);
  guest.addLink('eth1', second);
  guest.addLink('net0', third);
  await applyAll(guest, [
    `link eth1 ${first} 1500`,
    `link eth0 ${second.toUpperCase()} 1500`,
    'mtu eth0 1300',
  ]);
  assert.deepEqual(linksOf(guest).slice(0, 2), [
    upLink('eth1', first),
    upLink('eth0', second, 1300),
  ]);
  await applyAll(guest, [`link eth1 ${third} 1500`]);
  const [displaced] = linksOf(guest);
  assert.match(String(displaced?.ifname), /^aside\d+$/);
  assert.deepEqual(linksOf(guest)[2], upLink('eth1', third));
});

withGuest('an interface that comes late is waited for', async (guest) => {
  const applied = guest.apply(`link eth0 ${first} 1500\naddress eth0 10.1.0.2 24 -\n`);
  // Its socket for news, RTMGRP_LINK.
  await waitUntil('it listens', () =>
    / 0 +\d+ +00000001 /.test(guest.space.run('cat', ['/proc/net/netlink'], guest.namespace)),
  );
  guest.addLink('other', second);
  guest.addLink('late', first);
  assert.deepEqual(await applied, { code: 0, said: '' });
  assert.deepEqual(linksOf(guest)[0], upLink('eth0', first));
});

withGuest('an interface that does not come is given up', async (guest) => {
  guest.addLink('eth0', second);
  const start = performance.now();
  assert.deepEqual(await guest.apply(`link eth0 ${first} 1500`), {
    code: 1,
    said: `network: link eth0 ${first}: no such interface came\n`,
  });
  assert.ok(performance.now() - start >= 10_000);
});

withGuest('resolv lines become a file, which is rewritten in place', async (guest) => {
  const file = join(guest.root, 'runx/resolv.conf');
  guest.addLink('eth0', first);
  guest.addLink('eth1', second);
  const links = [`link eth0 ${first} 1500`, `link eth1 ${second} 1500`];
  await applyAll(guest, links);
  assert.equal(existsSync(file), false);
  await applyAll(guest, [...links, 'resolv nameserver 10.0.0.1', 'resolv # é\tx']);
  assert.equal(readFileSync(file, 'utf8'), 'nameserver 10.0.0.1\n# é\tx\n');
  const inode = guest.space.run('stat', ['--format=%i %a', file]);
  await applyAll(guest, ['lease eth1', 'resolv nameserver 10.0.0.3', 'resolv search b.example']);
  await applyAll(guest, ['lease eth0', 'address eth0 10.1.0.2 24 -', 'resolv nameserver 10.0.0.2']);
  assert.equal(
    readFileSync(file, 'utf8'),
    'nameserver 10.0.0.1\n# é\tx\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nsearch b.example\n',
  );
  await applyAll(guest, ['lease eth1']);
  await applyAll(guest, ['resolv options edns0']);
  assert.equal(readFileSync(file, 'utf8'), 'options edns0\nnameserver 10.0.0.2\n');
  assert.equal(guest.space.run('stat', ['--format=%i %a', file]), inode);
  assert.match(inode, / 644\n$/);
});

withGuest('a lease takes the place of the last one', async (guest) => {
  guest.addLink('eth0', first);
  await applyAll(guest, [
    `link eth0 ${first} 1500`,
    'address eth0 10.1.0.2 24 -',
    'address eth0 10.1.0.3 24 -',
    'address eth0 10.2.0.2 16 -',
    'address eth0 fd00::2 64 -',
    'route eth0 10.1.0.0/24 - 10.1.0.2 0 253 0',
  ]);
  await applyAll(guest, ['lease eth0', 'address eth0 10.3.0.2 24 -']);
  assert.deepEqual(
    addressesOf(guest, 'eth0').map(({ local }) => local),
    ['10.3.0.2', 'fd00::2'],
  );
  assert.deepEqual(routesOf(guest, '-4'), []);
});

withGuest('many lines are all applied, and more than a mebibyte is refused', async (guest) => {
  guest.addLink('eth0', first);
  const routes = Array.from(
    { length: 3000 },
    (_, index) => `route eth0 10.${index >> 8}.${index & 255}.0/24 - - 0 253 0`,
  );
  await applyAll(guest, [`link eth0 ${first} 1500`, 'address eth0 10.0.0.1 8 -', ...routes]);
  assert.equal(routesOf(guest, '-4').length, 3000);
  assert.deepEqual(await guest.apply('resolv x\n'.repeat(120_000)), {
    code: 1,
    said: 'network: reading the lines: Argument list too long\n',
  });
});
