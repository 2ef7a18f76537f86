import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { type NetnsFiles, renderFingerprint } from '../../../src/network/fingerprint.ts';

const titles = 'Inter-|   Receive\n face |bytes\n';
const device = (name: string, bytes = 0): string =>
  `${name.padStart(6)}: ${Array.from({ length: 16 }, () => bytes).join(' ')}\n`;

const empty: NetnsFiles = {
  dev: `${titles}${device('lo')}`,
  route: '',
  fib_trie: '',
  if_inet6: '',
  ipv6_route: '',
  arp: '',
};
const one: NetnsFiles = {
  ...empty,
  dev: `${empty.dev}${device('eth0', 5)}`,
  route: 'Iface\tDestination\neth0\t00000000\t0101A8C0\n',
  fib_trie: 'Local:\n  +-- 0.0.0.0/0\n     |-- 10.0.0.2\n',
  if_inet6: 'fd000000000000000000000000000002 02 40 00 40     eth0\n',
  ipv6_route: `fd00${'0'.repeat(28)} 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001     eth0\n`,
};
const text = renderFingerprint(one);
const arp = (flags: string, mac: string): string =>
  `IP address HW type\n10.0.0.1 0x1 ${flags} ${mac} * eth0\n`;

describe('the fingerprint of a network namespace', () => {
  test('is empty where there is nothing but the loopback interface', () => {
    assert.equal(renderFingerprint(empty), '');
    assert.equal(renderFingerprint({ ...empty, dev: '' }), '');
    assert.notEqual(text, '');
  });

  const same: readonly [what: string, files: NetnsFiles][] = [
    ['counters', { ...one, dev: one.dev.replaceAll('5', '7') }],
    [
      'a vif and a bridge of runx',
      { ...one, dev: `${one.dev}${device('vif3.0')}${device('runx0')}` },
    ],
    [
      'the addresses of a vif',
      { ...one, if_inet6: `${one.if_inet6}fe80${'0'.repeat(28)} 03 40 20 80   vif3.0\n` },
    ],
    [
      'the end of duplicate address detection',
      { ...one, if_inet6: one.if_inet6.replace(' 40     ', ' 80     ') },
    ],
    [
      'uses of a route',
      { ...one, ipv6_route: one.ipv6_route.replace('00000001 00000000', '00000002 00000009') },
    ],
    [
      'a link-local address and its routes',
      {
        ...one,
        if_inet6: `${one.if_inet6}fe80${'0'.repeat(28)} 02 40 20 80     eth0\n`,
        ipv6_route: `${one.ipv6_route}fe80${'0'.repeat(28)} 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001     eth0\n`,
      },
    ],
    ['a neighbour that was learnt', { ...one, arp: arp('0x2', '02:00:00:00:00:01') }],
  ];
  for (const [what, files] of same) {
    test(`stays with ${what}`, () => assert.equal(renderFingerprint(files), text));
  }

  const other: readonly [what: string, files: NetnsFiles][] = [
    ['an interface', { ...one, dev: `${one.dev}${device('eth1')}` }],
    ['an address', { ...one, fib_trie: one.fib_trie.replace('10.0.0.2', '10.0.0.3') }],
    ['an IPv6 address', { ...one, if_inet6: one.if_inet6.replace('2 02', '3 02') }],
    ['a route', { ...one, route: one.route.replace('0101A8C0', '0201A8C0') }],
    ['an IPv6 route', { ...one, ipv6_route: one.ipv6_route.replace('00000100', '00000200') }],
    ['a permanent neighbour', { ...one, arp: arp('0x6', '02:00:00:00:00:01') }],
  ];
  for (const [what, files] of other) {
    test(`changes with ${what}`, () => assert.notEqual(renderFingerprint(files), text));
  }
});
