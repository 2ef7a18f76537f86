import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkSupported } from '../../../src/container/supported.ts';
import { renderContainerRecord, renderProcessRecord } from '../../../src/guest/record.ts';
import { maximumRecord } from '../../../src/protocol/contract.ts';
import { assertGolden } from '../../support/golden.ts';
import { guestContainer } from '../../support/guest-container.ts';
import { randomTexts } from '../../support/random-text.ts';
import { minimalSpec, processWith, specWith } from '../../support/spec.ts';

type Entry = readonly [key: string, value: string];

const render = (changes: object): Buffer => {
  const spec = specWith(changes);
  return renderContainerRecord(guestContainer(spec, checkSupported(spec)));
};

const renderWith = (processChanges: object): Buffer =>
  render({ process: { ...minimalSpec.process, ...processChanges } });

const parseRecords = (bytes: Buffer): readonly Entry[] => {
  assert.equal(bytes.at(-1), 0, 'the last record has its NUL');
  return bytes
    .subarray(0, -1)
    .toString()
    .split('\0')
    .map((record) => {
      const space = record.indexOf(' ');
      assert.notEqual(space, -1, `${record} has a value`);
      return [record.slice(0, space), record.slice(space + 1)];
    });
};

const valuesOf = (bytes: Buffer, key: string): readonly string[] =>
  parseRecords(bytes)
    .filter((record) => record[0] === key)
    .map((record) => record[1]);

test('the records of a minimal process', async () => {
  await assertGolden('process-minimal.txt', render({}).toString().replaceAll('\0', '\n'));
});

test('the records of a process that says everything', async () => {
  const capabilities = ['CAP_CHOWN', 'CAP_KILL'];
  const bytes = render({
    hostname: 'web',
    domainname: 'example.org',
    root: { path: 'rootfs', readonly: true },
    process: {
      args: ['sh', '-c', 'echo  "$A"'],
      env: ['A=b c', 'EMPTY='],
      cwd: '/srv/a b',
      terminal: true,
      noNewPrivileges: true,
      oomScoreAdj: -500,
      user: { uid: 1000, gid: 100, umask: 0o27, additionalGids: [5, 6] },
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        inheritable: ['CAP_NET_RAW'],
        ambient: [],
      },
      rlimits: [
        { type: 'RLIMIT_NOFILE', soft: 1024, hard: 4096 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 2 ** 64 },
      ],
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/tmp', type: 'tmpfs', options: ['nosuid', 'size=1m', 'mode=1777', 'rslave'] },
      {
        destination: '/sys/fs/cgroup',
        type: 'cgroup',
        source: 'cgroup',
        options: ['ro', 'nsdelegate'],
      },
    ],
    linux: {
      devices: [
        { type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o600, uid: 1, gid: 2 },
        { type: 'b', path: '/dev/a b', major: 8, minor: 1 },
        { type: 'p', path: '/dev/pipe' },
      ],
      sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.domainname': 'a b' },
      maskedPaths: ['/proc/kcore'],
      readonlyPaths: ['/proc/sys'],
    },
  });
  await assertGolden('process-full.txt', bytes.toString().replaceAll('\0', '\n'));
});

test('any argument and variable comes out of the records as it went in', (t) => {
  const texts = randomTexts(t, { count: 3000, maximumLength: 16, without: '\0' });
  const env = texts.map((text, index) => `V${index}=${text}`);
  const bytes = renderWith({ args: texts, env });
  assert.deepEqual(valuesOf(bytes, 'arg'), texts);
  assert.deepEqual(valuesOf(bytes, 'env'), env);
});

test('no string of the spec makes a record of its own', (t) => {
  const texts = randomTexts(t, { count: 500, maximumLength: 16, without: '\0' });
  const count = (text: string): number =>
    parseRecords(
      render({
        hostname: `h${text}`,
        domainname: `d${text}`,
        process: { args: [text], cwd: `/${text}`, env: [`A=${text}`] },
        mounts: [{ destination: `/${text}`, type: text, source: text, options: [text] }],
        linux: {
          devices: [{ type: 'p', path: `/${text}` }],
          sysctl: { [text]: text },
          maskedPaths: [`/${text}`],
          readonlyPaths: [`/${text}`],
        },
      }),
    ).length;
  const expected = count('x');
  for (const text of texts) assert.equal(count(text), expected, JSON.stringify(text));
});

test('a limit of 2^63 and more is no limit', () => {
  const limits = (soft: number, hard: number): readonly string[] =>
    valuesOf(renderWith({ rlimits: [{ type: 'RLIMIT_NOFILE', soft, hard }] }), 'rlimit');
  assert.deepEqual(limits(2 ** 53, 2 ** 63), ['7 9007199254740992 18446744073709551615']);
  assert.deepEqual(limits(0, 2 ** 64), ['7 0 18446744073709551615']);
});

test('uids above 2^31 stay positive', () => {
  assert.deepEqual(valuesOf(renderWith({ user: { uid: 0xffff_fffe } }), 'uid'), ['4294967294']);
});

test('mounts keep the order of config.json', () => {
  const destinations = ['/b', '/b/a', '/a'];
  const mounts = destinations.map((destination) => ({ destination, type: 'tmpfs' }));
  assert.deepEqual(valuesOf(render({ mounts }), 'mount'), destinations);
});

test('a seccomp filter is its bytes in hexadecimal, and its flags', () => {
  const spec = specWith({});
  const program = Buffer.from([0x06, 0, 0, 0, 0xff, 0x7f, 0x00, 0x0a]);
  const seccomp = { program, flags: 6 };
  const bytes = renderContainerRecord(guestContainer(spec, checkSupported(spec), { seccomp }));
  assert.deepEqual(valuesOf(bytes, 'seccomp'), ['06000000ff7f000a']);
  assert.deepEqual(valuesOf(bytes, 'seccomp-flags'), ['6']);
});

test('a record of an added process that is too large for the guest is refused', () => {
  const process = processWith({
    env: Array.from({ length: 70 }, (_, index) => `A${index}=${'x'.repeat(maximumRecord / 70)}`),
  });
  assert.throws(() => renderProcessRecord(1, specWith({}), process, undefined), {
    message:
      /^process: arguments, environment and other settings have \d+ bytes: at most 8388608 are possible$/,
  });
});
