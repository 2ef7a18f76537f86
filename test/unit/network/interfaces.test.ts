import assert from 'node:assert/strict';
import { test } from 'node:test';

import { renderGuestNetwork } from '../../../src/guest/network.ts';
import { type NetnsText, parseInterfaces } from '../../../src/network/interfaces.ts';
import type { Interface } from '../../../src/protocol/network.ts';

const link = (changes: object = {}): object => ({
  ifindex: 2,
  ifname: 'eth0',
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 1500,
  link_type: 'ether',
  address: '02:00:00:00:00:01',
  linkinfo: { info_kind: 'veth' },
  addr_info: [],
  ...changes,
});

interface Changes {
  readonly links?: readonly object[];
  readonly routes4?: readonly object[];
  readonly routes6?: readonly object[];
  readonly neighbours?: readonly object[];
}

const text = ({
  links = [link()],
  routes4 = [],
  routes6 = [],
  neighbours = [],
}: Changes): NetnsText => ({
  addresses: JSON.stringify(links),
  routes4: JSON.stringify(routes4),
  routes6: JSON.stringify(routes6),
  neighbours: JSON.stringify(neighbours),
});

const parse = (changes: Changes): { found: readonly Interface[]; odd: readonly string[] } => {
  const odd: string[] = [];
  const found = parseInterfaces(text(changes), (what) => odd.push(what));
  return { found, odd };
};

const render = (changes: Changes): string =>
  renderGuestNetwork(parse(changes).found, { dhcp: [], resolv: [] });

// As ip of iproute2 6.1 says it of a veth with addresses of both families.
const full: Changes = {
  links: [
    { ifname: 'lo', flags: ['LOOPBACK', 'UP'], mtu: 65536, link_type: 'loopback' },
    link({
      mtu: 1400,
      addr_info: [
        { family: 'inet', local: '10.1.1.2', prefixlen: 24, scope: 'global', label: 'eth0' },
        { family: 'inet', local: '10.2.2.2', address: '10.2.2.1', prefixlen: 32, scope: 'global' },
        { family: 'inet6', local: 'fd00::2', prefixlen: 64, scope: 'global' },
        { family: 'inet6', local: 'fd00::a1', prefixlen: 64, scope: 'global', dynamic: true },
        { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
      ],
    }),
  ],
  routes4: [
    { dst: 'default', gateway: '10.1.1.1', dev: 'eth0', metric: 7, flags: ['onlink'] },
    {
      dst: '10.1.1.0/24',
      dev: 'eth0',
      protocol: 'kernel',
      scope: 'link',
      prefsrc: '10.1.1.2',
      flags: [],
    },
    { dst: '10.7.7.7', dev: 'eth0', scope: 'link', flags: [] },
    { dst: '10.8.0.0/16', dev: 'other', flags: [] },
  ],
  routes6: [
    { dst: 'fd00::/64', dev: 'eth0', protocol: 'kernel', metric: 256, flags: [], pref: 'medium' },
    { dst: 'fe80::/64', dev: 'eth0', protocol: 'kernel', metric: 256, flags: [] },
    { dst: 'default', gateway: 'fe80::9', dev: 'eth0', protocol: 'ra', metric: 1024, flags: [] },
    { dst: 'default', gateway: 'fd00::1', dev: 'eth0', metric: 1024, flags: [] },
  ],
  neighbours: [
    { dst: '10.1.1.9', dev: 'eth0', lladdr: '02:00:00:00:00:09', state: ['PERMANENT'] },
    {},
  ],
};

test('an interface comes with its addresses, routes and neighbours', () => {
  assert.equal(
    render(full),
    [
      'link eth0 02:00:00:00:00:01 1400',
      'address eth0 10.1.1.2 24 -',
      'address eth0 10.2.2.2 32 10.2.2.1',
      'address eth0 fd00::2 64 -',
      'route eth0 10.1.1.0/24 - 10.1.1.2 0 253 0',
      'route eth0 10.7.7.7/32 - - 0 253 0',
      'route eth0 fd00::/64 - - 256 0 0',
      'route eth0 0.0.0.0/0 10.1.1.1 - 7 0 1',
      'route eth0 ::/0 fd00::1 - 1024 0 0',
      'neighbour eth0 10.1.1.9 02:00:00:00:00:09',
      '',
    ].join('\n'),
  );
  assert.deepEqual(parse(full).odd, []);
});

test('all links come before all else, then what only the guest can do', () => {
  const { found } = parse({
    links: [link(), link({ ifname: 'eth1', address: '02:00:00:00:00:02' })],
  });
  assert.equal(
    renderGuestNetwork(found, { dhcp: ['eth1'], resolv: ['nameserver 8.8.8.8'] }),
    [
      'link eth0 02:00:00:00:00:01 1500',
      'link eth1 02:00:00:00:00:02 1500',
      'resolv nameserver 8.8.8.8',
      'dhcp eth1',
      '',
    ].join('\n'),
  );
  assert.equal(renderGuestNetwork([], { dhcp: [], resolv: [] }), '');
});

test('what is down, a port of a bridge, or a vif is no interface of the container', () => {
  const { found, odd } = parse({
    links: [
      link({ flags: [] }),
      link({ ifname: 'port', master: 'br0' }),
      link({ ifname: 'vif3.0' }),
      { ifname: 'tunl0', flags: ['NOARP'], mtu: 1480, link_type: 'ipip', address: '0.0.0.0' },
    ],
  });
  assert.deepEqual([found, odd], [[], []]);
});

test('an interface that an earlier container had by a bridge is what it was', () => {
  const bridged = link({
    address: 'fe:ff:ff:ff:ff:ff',
    ifalias: 'runx-mac=02:00:00:00:00:01',
    master: 'runx0',
  });
  const { found } = parse({ links: [bridged, link({ ifname: 'runx0' })] });
  assert.deepEqual(
    found.map(({ name, mac }) => [name, mac]),
    [['eth0', '02:00:00:00:00:01']],
  );
});

test('what the guest cannot have is told', () => {
  const address = { family: 'inet', local: '10.0.0.1', prefixlen: 32, scope: 'global' };
  const tunnel = { ...link({ ifname: 'tun0', addr_info: [address] }), link_type: 'none' };
  const { found, odd } = parse({
    links: [tunnel, link()],
    routes4: [
      { type: 'blackhole', dst: '10.9.0.0/16', dev: 'eth0', flags: [] },
      { dst: '10.10.0.0/16', dev: 'eth0', via: { family: 'inet6', host: 'fe80::1' }, flags: [] },
      { dst: '10.11.0.0/16', dev: 'eth0', scope: 'nowhere', flags: [] },
    ],
  });
  assert.deepEqual(
    found.map(({ name, routes }) => [name, routes]),
    [['eth0', []]],
  );
  assert.deepEqual(odd, [
    'the interface tun0, which is not Ethernet,',
    'the route to 10.9.0.0/16',
    'the route to 10.10.0.0/16',
    'the route to 10.11.0.0/16',
  ]);
});

test('output that is not that of iproute2 is refused by name', () => {
  assert.throws(() => parseInterfaces({ ...text({}), addresses: 'BusyBox' }, () => {}), {
    message: 'ip address show: the output is not JSON; runx needs the ip of iproute2',
  });
  assert.throws(() => parse({ links: [link({ ifname: 'a b' })] }), {
    message: 'ip address show: 0.ifname: expected an interface name',
  });
  assert.throws(() => parse({ routes4: [{ dst: 'default', gateway: 'x', flags: [] }] }), {
    message: 'ip route show: 0.gateway: expected an IP address',
  });
  assert.deepEqual(
    parseInterfaces({ addresses: '', routes4: '', routes6: '', neighbours: '' }, () => {}),
    [],
  );
});
