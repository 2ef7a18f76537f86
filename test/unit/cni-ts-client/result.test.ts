import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConversionError, convertResult, parseResult, specVersions } from 'cni-ts-client';
import type { SpecVersion } from 'cni-ts-client';

import { randomNumbers } from '../../support/random-text.ts';

const dns = { nameservers: ['10.1.0.1'], search: ['example.org'] };

const full110 = {
  cniVersion: '1.1.0',
  interfaces: [
    { name: 'br0', mac: '00:11:22:33:44:55', mtu: 1400 },
    { name: 'eth0', sandbox: '/run/netns/a', socketPath: '/s', pciID: '0000:00:01.0' },
  ],
  ips: [
    { interface: 1, address: '10.1.0.5/16', gateway: '10.1.0.1' },
    { interface: 1, address: '10.1.0.6/16' },
    { address: '2001:db8::5/64', gateway: '2001:db8::1' },
  ],
  routes: [
    { dst: '0.0.0.0/0', gw: '10.1.0.1', mtu: 1300, priority: 3, table: 100 },
    { dst: '2001:db8:1::/48' },
  ],
  dns,
};

const full100 = { ...full110, cniVersion: '1.0.0' };

const full040 = {
  cniVersion: '0.4.0',
  interfaces: [
    { name: 'br0', mac: '00:11:22:33:44:55' },
    { name: 'eth0', sandbox: '/run/netns/a' },
  ],
  ips: [
    { version: '4', interface: 1, address: '10.1.0.5/16', gateway: '10.1.0.1' },
    { version: '4', interface: 1, address: '10.1.0.6/16' },
    { version: '6', address: '2001:db8::5/64', gateway: '2001:db8::1' },
  ],
  routes: full110.routes,
  dns,
};

const full020 = {
  cniVersion: '0.2.0',
  ip4: {
    ip: '10.1.0.5/16',
    gateway: '10.1.0.1',
    routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }],
  },
  ip6: { ip: '2001:db8::5/64', gateway: '2001:db8::1', routes: [{ dst: '2001:db8:1::/48' }] },
  dns,
};

const from020to040 = {
  cniVersion: '0.4.0',
  ips: [
    { version: '4', address: '10.1.0.5/16', gateway: '10.1.0.1' },
    { version: '6', address: '2001:db8::5/64', gateway: '2001:db8::1' },
  ],
  routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }, { dst: '2001:db8:1::/48' }],
  dns,
};

const from020to110 = {
  ...from020to040,
  cniVersion: '1.1.0',
  ips: from020to040.ips.map(({ version: _version, ...ip }) => ip),
};

const from040to110 = {
  ...full110,
  interfaces: full040.interfaces,
};

const as = (result: object, cniVersion: string) => ({ ...result, cniVersion });
const conversions: [from: object, to: SpecVersion, expected: object][] = [
  [full110, '1.0.0', full100],
  [full110, '0.4.0', full040],
  [full110, '0.3.1', as(full040, '0.3.1')],
  [full110, '0.3.0', as(full040, '0.3.0')],
  [full110, '0.2.0', full020],
  [full110, '0.1.0', as(full020, '0.1.0')],
  [full100, '1.1.0', full110],
  [full100, '0.2.0', full020],
  [full040, '0.3.1', as(full040, '0.3.1')],
  [full040, '0.2.0', full020],
  [full040, '1.0.0', as(from040to110, '1.0.0')],
  [full040, '1.1.0', from040to110],
  [full020, '0.1.0', as(full020, '0.1.0')],
  [full020, '0.4.0', from020to040],
  [full020, '0.3.0', as(from020to040, '0.3.0')],
  [full020, '1.1.0', from020to110],
];
for (const [from, to, expected] of conversions) {
  const parsed = parseResult(from);
  test(`a result of version ${parsed.cniVersion} in version ${to}`, () => {
    assert.deepEqual(convertResult(parsed, to), expected);
  });
}

test('an IPv4 address inside IPv6 counts as IPv4', () => {
  const result = parseResult({ cniVersion: '1.0.0', ips: [{ address: '::ffff:10.0.0.1/120' }] });
  assert.equal(convertResult(result, '0.4.0').ips?.[0]?.version, '4');
});

test('a result without addresses has no form before 0.3.0', () => {
  const result = parseResult({ cniVersion: '1.0.0', interfaces: [{ name: 'eth0' }] });
  assert.throws(() => convertResult(result, '0.2.0'), {
    constructor: ConversionError,
    message: 'cannot convert a result without addresses from version 0.4.0 to 0.2.0',
  });
});

test('what Go writes for nothing is nothing', () => {
  const result = parseResult({
    cniVersion: '0.4.0',
    interfaces: null,
    ips: [{ address: '10.0.0.2/24', gateway: '', interface: null }],
    routes: [],
    dns: {},
    code: 'unknown members are dropped',
  });
  assert.deepEqual(result, {
    cniVersion: '0.4.0',
    ips: [{ version: '4', address: '10.0.0.2/24' }],
  });
});

test('a result without a version has that of the call', () => {
  assert.deepEqual(parseResult({}, '1.0.0'), { cniVersion: '1.0.0' });
  assert.deepEqual(parseResult({ cniVersion: '' }), { cniVersion: '0.1.0' });
});

const hostile: [value: unknown, sentence: string][] = [
  [null, 'result: expected an object'],
  [[], 'result: expected an object'],
  ['{}', 'result: expected an object'],
  [{ cniVersion: '9.0.0' }, 'result: cniVersion: unknown version "9.0.0"'],
  [{ cniVersion: { toString: 1 } }, 'result: cniVersion: unknown version {"toString":1}'],
  [{ cniVersion: '1.0.0', ips: {} }, 'result: ips: expected a list'],
  [{ cniVersion: '1.0.0', ips: [null] }, 'result: ips.0: expected an object'],
  [{ cniVersion: '1.0.0', ips: [{}] }, 'result: ips.0.address: is missing'],
  [
    { cniVersion: '1.0.0', ips: [{ address: '10.0.0.1' }] },
    'result: ips.0.address: expected an address with its prefix length',
  ],
  [
    { cniVersion: '1.0.0', ips: [{ address: '10.0.0.1/33' }] },
    'result: ips.0.address: expected an address with its prefix length',
  ],
  [
    { cniVersion: '1.0.0', ips: [{ address: 'fe80::1%eth0/64' }] },
    'result: ips.0.address: expected an address with its prefix length',
  ],
  [
    { cniVersion: '1.0.0', ips: [{ address: '::1/64', gateway: '$(reboot)' }] },
    'result: ips.0.gateway: expected an address',
  ],
  [
    { cniVersion: '1.0.0', ips: [{ address: '::1/64', interface: -1 }] },
    'result: ips.0.interface: expected a number that is not negative',
  ],
  [
    {
      cniVersion: '1.0.0',
      ips: [{ address: '::1/64', interface: 1 }],
      interfaces: [{ name: 'a' }],
    },
    'result: ips: interface: is not an index of interfaces',
  ],
  [{ cniVersion: '1.0.0', interfaces: [{ mac: 'x' }] }, 'result: interfaces.0.name: is missing'],
  [
    { cniVersion: '1.0.0', interfaces: [{ name: 'a', mtu: 1.5 }] },
    'result: interfaces.0.mtu: expected a whole number',
  ],
  [{ cniVersion: '1.0.0', routes: [{ gw: '::1' }] }, 'result: routes.0.dst: is missing'],
  [{ cniVersion: '1.0.0', dns: { search: 'a' } }, 'result: dns.search: expected a list'],
  [{ cniVersion: '1.0.0', dns: ['a'] }, 'result: dns: expected an object'],
  [{ cniVersion: '0.2.0', ip4: { ip: 7 } }, 'result: ip4.ip: expected a string'],
];
for (const [value, sentence] of hostile) {
  test(`refused: ${JSON.stringify(value)}`, () => {
    assert.throws(() => parseResult(value), { constructor: ConversionError, message: sentence });
  });
}

type Numbers = (limit: number) => number;

const listOf = <T>(random: Numbers, make: () => T): T[] =>
  Array.from({ length: random(4) }, () => make());

const randomResult110 = (random: Numbers) => {
  const number = () => random(250) + 1;
  const net = () =>
    random(2) === 0 ? `10.${number()}.0.${number()}/${random(33)}` : `2001:db8::${number()}/64`;
  const maybe = (member: object): object => (random(2) === 0 ? {} : member);
  const interfaces = listOf(random, () => ({
    name: `eth${number()}`,
    ...maybe({ mac: `00:00:00:00:00:${number().toString(16)}` }),
    ...maybe({ mtu: number() }),
  }));
  return parseResult({
    cniVersion: '1.1.0',
    interfaces,
    ips: listOf(random, () => ({
      address: net(),
      ...maybe({ gateway: `10.0.0.${number()}` }),
      ...(interfaces.length === 0 ? {} : maybe({ interface: random(interfaces.length) })),
    })),
    routes: listOf(random, () => ({ dst: net(), ...maybe({ priority: number() }) })),
    dns: maybe({ domain: `d${number()}` }),
  });
};

test('conversions: to a version and back through any other loses no more than that version', (t) => {
  const random = randomNumbers(t);
  for (let round = 0; round < 500; round += 1) {
    const result = randomResult110(random);
    assert.deepEqual(convertResult(convertResult(result, '1.0.0'), '1.1.0'), result);
    for (const version of specVersions) {
      if (version < '0.3.0' && !('ips' in result)) continue;
      const converted = convertResult(result, version);
      assert.equal(converted.cniVersion, version);
      // What a version says is a valid document of it, and survives newer versions.
      assert.deepEqual(parseResult(JSON.parse(JSON.stringify(converted))), converted);
      for (const newer of specVersions.filter((other) => other > version)) {
        assert.deepEqual(convertResult(convertResult(converted, newer), version), converted);
      }
    }
  }
});

const randomJson = (random: Numbers, depth: number): unknown => {
  const leaves = [null, true, -1, 1e300, '', 'eth0', '10.0.0.1/8', '::1', '1.0.0', '\u0000'];
  if (depth === 0 || random(3) === 0) return leaves[random(leaves.length)];
  if (random(3) === 0) return listOf(random, () => randomJson(random, depth - 1));
  const keys = ['interfaces', 'ips', 'ip4', 'ip', 'routes', 'dst', 'dns', 'address', 'name'];
  const entries = listOf(random, () => [keys[random(keys.length)], randomJson(random, depth - 1)]);
  const version = specVersions[random(specVersions.length)];
  return { ...Object.fromEntries(entries), ...(random(2) === 0 ? { cniVersion: version } : {}) };
};

test('any JSON is a valid result or a ConversionError of one line', (t) => {
  const random = randomNumbers(t);
  for (let round = 0; round < 3000; round += 1) {
    const value = randomJson(random, 4);
    try {
      const result = parseResult(value);
      assert.deepEqual(parseResult(result), result);
    } catch (error) {
      assert.ok(error instanceof ConversionError, String(error));
      assert.match(error.message, /^result: [^\n]+$/);
    }
  }
});
