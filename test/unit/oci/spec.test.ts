import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { parseSpec } from '../../../src/oci/spec.ts';
import { minimalSpec, processWith, specWith } from '../../support/spec.ts';

const process = (changes: object): object => ({
  process: { ...minimalSpec.process, ...changes },
});
const linux = (changes: object): object => ({ linux: changes });

const refused: readonly [what: string, changes: object, sentence: string][] = [
  [
    'no ociVersion',
    { ociVersion: undefined },
    'ociVersion: Invalid key: Expected "ociVersion" but received undefined',
  ],
  [
    'version 2',
    { ociVersion: '2.0.0' },
    'ociVersion: is not a version 1 of the runtime specification',
  ],
  [
    'a version of two numbers',
    { ociVersion: '1.0' },
    'ociVersion: is not a version 1 of the runtime specification',
  ],
  [
    'a version that is a number',
    { ociVersion: 1 },
    'ociVersion: Invalid type: Expected string but received 1',
  ],
  ['no root', { root: undefined }, 'root: Invalid key: Expected "root" but received undefined'],
  [
    'an empty root.path',
    { root: { path: '' } },
    'root.path: Invalid length: Expected >=1 but received 0',
  ],
  [
    'no args',
    process({ args: undefined }),
    'process.args: Invalid key: Expected "args" but received undefined',
  ],
  ['empty args', process({ args: [] }), 'process.args: must name a program'],
  [
    'a number in args',
    process({ args: ['a', 1] }),
    'process.args.1: Invalid type: Expected string but received 1',
  ],
  ['NUL in args', process({ args: ['a\0b'] }), 'process.args.0: must not contain a NUL byte'],
  ['NUL in env', process({ env: ['A=1', 'B=\0'] }), 'process.env.1: must not contain a NUL byte'],
  ['NUL in cwd', process({ cwd: '/\0' }), 'process.cwd: must not contain a NUL byte'],
  ['NUL in hostname', { hostname: '\0' }, 'hostname: must not contain a NUL byte'],
  [
    'NUL in a mount',
    { mounts: [{ destination: '/a\0' }] },
    'mounts.0.destination: must not contain a NUL byte',
  ],
  [
    'NUL in a sysctl',
    linux({ sysctl: { 'kernel.a': '\0' } }),
    'linux.sysctl.kernel.a: must not contain a NUL byte',
  ],
  ['env without =', process({ env: ['A'] }), 'process.env.0: must be NAME=value'],
  ['env without a name', process({ env: ['=x'] }), 'process.env.0: must be NAME=value'],
  [
    'no cwd',
    process({ cwd: undefined }),
    'process.cwd: Invalid key: Expected "cwd" but received undefined',
  ],
  ['a relative cwd', process({ cwd: 'tmp' }), 'process.cwd: must be an absolute path'],
  [
    'a negative uid',
    process({ user: { uid: -1 } }),
    'process.user.uid: Invalid value: Expected >=0 but received -1',
  ],
  [
    'a uid of 2^32',
    process({ user: { uid: 2 ** 32 } }),
    'process.user.uid: Invalid value: Expected <=4294967295 but received 4294967296',
  ],
  [
    'a umask of 01000',
    process({ user: { umask: 0o1000 } }),
    'process.user.umask: Invalid value: Expected <=511 but received 512',
  ],
  [
    'an oomScoreAdj of 1001',
    process({ oomScoreAdj: 1001 }),
    'process.oomScoreAdj: Invalid value: Expected <=1000 but received 1001',
  ],
  [
    'a terminal in words',
    process({ terminal: 'yes' }),
    'process.terminal: Invalid type: Expected boolean but received "yes"',
  ],
  [
    'a negative rlimit',
    process({ rlimits: [{ type: 'RLIMIT_CPU', soft: -1, hard: 1 }] }),
    'process.rlimits.0.soft: Invalid value: Expected >=0 but received -1',
  ],
  [
    'a relative destination',
    { mounts: [{ destination: 'a' }] },
    'mounts.0.destination: must be an absolute path',
  ],
  [
    'mount options in one string',
    { mounts: [{ destination: '/a', options: 'ro' }] },
    'mounts.0.options: Invalid type: Expected Array but received "ro"',
  ],
  [
    'a hook with a relative path',
    { hooks: { prestart: [{ path: 'bin/hook' }] } },
    'hooks.prestart.0.path: must be an absolute path',
  ],
  [
    'a hook with no time',
    { hooks: { poststop: [{ path: '/h' }, { path: '/h', timeout: 0 }] } },
    'hooks.poststop.1.timeout: must be greater than zero',
  ],
  [
    'an unknown device type',
    linux({ devices: [{ type: 'x', path: '/dev/x' }] }),
    'linux.devices.0.type: Invalid type: Expected ("b" | "c" | "u" | "p") but received "x"',
  ],
  [
    'a relative masked path',
    linux({ maskedPaths: ['proc'] }),
    'linux.maskedPaths.0: must be an absolute path',
  ],
  [
    'an annotation that is no string',
    { annotations: { a: 1 } },
    'annotations.a: Invalid type: Expected string but received 1',
  ],
  [
    'a fraction of a byte',
    linux({ resources: { memory: { limit: 1.5 } } }),
    'linux.resources.memory.limit: Invalid integer: Received 1.5',
  ],
];

for (const [what, changes, sentence] of refused) {
  test(`config.json with ${what} is refused by the property's path`, () => {
    assert.throws(() => specWith(changes), new RunxError(`config.json: ${sentence}`));
  });
}

test('an rlimit of a fraction is refused', () => {
  assert.throws(
    () => processWith({ rlimits: [{ type: 'RLIMIT_CPU', soft: 1.5, hard: 2 }] }),
    new RunxError('config.json: process.rlimits.0.soft: Invalid integer: Received 1.5'),
  );
});

test('config.json that is not JSON is refused by its name', () => {
  assert.throws(
    () => parseSpec('{"ociVersion":', '/b/config.json'),
    new RunxError('/b/config.json is not JSON: Unexpected end of JSON input'),
  );
});

test('config.json that is no object is refused', () => {
  assert.throws(
    () => parseSpec('null', 'config.json'),
    new RunxError('config.json: Invalid type: Expected Object but received null'),
  );
});

test('properties that runx does not know are ignored', () => {
  const spec = specWith({ windows: {}, linux: { intelRdt: {} } });
  assert.deepEqual(spec, specWith({ linux: {} }));
});

test('an absent property and a null one mean the same', () => {
  const optional = ['hostname', 'domainname', 'mounts', 'hooks', 'annotations', 'linux'];
  const spec = specWith(Object.fromEntries(optional.map((name) => [name, null])));
  assert.deepEqual(spec.mounts, []);
  assert.deepEqual(spec.annotations, {});
  assert.deepEqual(spec.linux.namespaces, []);
  assert.deepEqual(processWith({ env: null, user: null }), processWith({}));
});

test("a process's user is root and its environment empty unless it says so", () => {
  const { user, env, terminal } = processWith({});
  assert.deepEqual(
    { user, env, terminal },
    {
      user: { uid: 0, gid: 0, additionalGids: [] },
      env: [],
      terminal: false,
    },
  );
});

for (const ociVersion of ['1.0.0', '1.0.2-dev', '1.2.0-rc.1', '1.1.0+build']) {
  test(`ociVersion ${ociVersion} is accepted`, () => {
    assert.equal(specWith({ ociVersion }).ociVersion, ociVersion);
  });
}

test('of variables with one name the last one is kept, at its place', () => {
  const env = ['A=1', 'B=2', 'A=3', 'HOME=', 'C=', 'B==4', 'HOME=/h', 'a=5'];
  const kept = ['A=3', 'C=', 'B==4', 'HOME=/h', 'a=5'];
  assert.deepEqual(processWith({ env }).env, kept);
  const { hooks } = specWith({ hooks: { startContainer: [{ path: '/h', env }] } });
  assert.deepEqual(hooks.startContainer[0]?.env, kept);
});

test('strings come out as they went in', () => {
  const args = ['sh', '-c', 'a  b\n"c" \'d\' \\ $e `f` \t', '', 'é日\u{1F600}'];
  assert.deepEqual(processWith({ args }).args, args);
});
