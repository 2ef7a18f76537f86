import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseNetworkConfiguration } from 'cni-ts-client';

import { type StaticAddress } from '../../../src/network/netconf.ts';
import { type Addressing, planAddressing } from '../../../src/network/static-address.ts';

const plan = (ipam: object | undefined, address?: StaticAddress): Addressing => {
  const network = { cniVersion: '1.0.0', name: 'net', type: 'bridge', ipam };
  return planAddressing(parseNetworkConfiguration(JSON.stringify(network), 'file'), address);
};

const ipamOf = ({ list }: Addressing): unknown => list.plugins[0]?.['ipam'];

const hostLocal = { type: 'host-local', subnet: '192.168.0.0/24' };
const args = (ip: string) => [
  ['IgnoreUnknown', '1'],
  ['IP', ip],
];

test('with no address asked for, a network gives what its ipam gives', () => {
  const addressing = plan(hostLocal);
  assert.deepEqual(ipamOf(addressing), hostLocal);
  assert.deepEqual([addressing.args, addressing.dhcp], [[], false]);
});

test('with an ipam of DHCP, or with none, the guest asks itself', () => {
  for (const ipam of [{ type: 'dhcp' }, {}, undefined]) {
    const addressing = plan(ipam);
    assert.equal(addressing.dhcp, true);
    assert.deepEqual(ipamOf(addressing) ?? {}, {});
  }
});

test('host-local is asked for the address', () => {
  for (const prefix of [undefined, 24]) {
    const addressing = plan(hostLocal, { ip: '192.168.0.5', prefix });
    assert.deepEqual(ipamOf(addressing), hostLocal);
    assert.deepEqual(addressing.args, args('192.168.0.5'));
    assert.equal(addressing.dhcp, false);
  }
  const both = {
    type: 'host-local',
    ranges: [[{ subnet: '10.0.0.0/8' }], [{ subnet: 'fd00::/64' }]],
  };
  assert.deepEqual(plan(both, { ip: 'fd00::7' }).args, args('fd00::7'));
});

test('an address that is not in the subnet is refused', () => {
  assert.throws(() => plan(hostLocal, { ip: '10.0.0.1' }), {
    message: 'network net: 10.0.0.1 is not in the subnet 192.168.0.0/24',
  });
  assert.throws(() => plan(hostLocal, { ip: 'fd00::1' }), /fd00::1 is not in the subnet/);
  assert.throws(() => plan(hostLocal, { ip: '192.168.0.5', prefix: 16 }), {
    message:
      'network net: 192.168.0.5/16 does not match the subnet 192.168.0.0/24; leave out the prefix',
  });
});

test('any other ipam gives way to a static address', () => {
  const addressing = plan({ type: 'dhcp' }, { ip: '10.1.0.5', prefix: 16 });
  assert.deepEqual(ipamOf(addressing), {
    type: 'static',
    addresses: [{ address: '10.1.0.5/16' }],
  });
  assert.equal(addressing.dhcp, false);
  const described = {
    type: 'static',
    subnet: 'fd00:1::/64',
    gateway: 'fd00:1::1',
    routes: [{ dst: '::/0' }],
    dns: { nameservers: ['fd00:1::53'] },
  };
  assert.deepEqual(ipamOf(plan(described, { ip: 'fd00:1::5' })), {
    type: 'static',
    addresses: [{ address: 'fd00:1::5/64', gateway: 'fd00:1::1' }],
    routes: [{ dst: '::/0' }],
    dns: { nameservers: ['fd00:1::53'] },
  });
});

test('a static address of which nobody knows the subnet needs a prefix', () => {
  assert.throws(() => plan(undefined, { ip: '10.1.0.5' }), {
    message: 'network net: no subnet contains 10.1.0.5; add a prefix length, such as 10.1.0.5/24',
  });
});
