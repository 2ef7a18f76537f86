import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { renderContainerRecord, renderProcessRecord } from '../../../src/guest/record.ts';
import { type RecordEntry, renderEntries } from '../../../src/protocol/entry.ts';
import { randomNumbers } from '../../support/random-text.ts';
import { randomContainer } from '../../support/random-container.ts';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const built = mkdtempSync(join(tmpdir(), 'runx-record-'));
const program = join(built, 'record');

before(() => {
  const sources = ['initrd/process/array.c', 'src/protocol/number.c', 'src/protocol/read_full.c'];
  const flags = ['-std=c11', '-D_DEFAULT_SOURCE', '-Wall', '-Wextra', '-Werror', '-g'];
  const sanitize = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-o', program];
  execFileSync('gcc', [...flags, ...sanitize, 'test/fixtures/record/main.c', ...sources], {
    cwd: checkout,
  });
});
after(() => rmSync(built, { recursive: true }));

const run = (args: readonly string[], input: Buffer): string =>
  execFileSync(program, args, {
    encoding: 'utf8',
    input,
    env: { ASAN_OPTIONS: 'detect_leaks=0' },
  });

type Members = Record<string, unknown>;

const understood = (record: Buffer): Members => JSON.parse(run([], record));

/** A key's member of struct process, and what the value is there; a list has one more for each. */
type Meaning = readonly [member: string, kind: 'one' | 'list' | 'hexadecimal'];

const meanings: Readonly<Record<string, Meaning>> = {
  arg: ['args', 'list'],
  env: ['env', 'list'],
  owner: ['owner', 'one'],
  slot: ['slot', 'one'],
  cwd: ['cwd', 'one'],
  uid: ['uid', 'one'],
  gid: ['gid', 'one'],
  group: ['groups', 'list'],
  umask: ['umask', 'one'],
  terminal: ['terminal', 'one'],
  'no-new-privileges': ['no_new_privileges', 'one'],
  'capability-bounding': ['bounding', 'hexadecimal'],
  'capability-effective': ['effective', 'hexadecimal'],
  'capability-permitted': ['permitted', 'hexadecimal'],
  'capability-inheritable': ['inheritable', 'hexadecimal'],
  'capability-ambient': ['ambient', 'hexadecimal'],
  rlimit: ['rlimits', 'list'],
  'oom-score-adj': ['oom_score_adj', 'one'],
  'io-priority': ['io_priority', 'one'],
  scheduler: ['scheduler', 'list'],
  personality: ['personality', 'one'],
  seccomp: ['seccomp', 'one'],
  'seccomp-flags': ['seccomp_flags', 'one'],
  namespaces: ['namespaces', 'one'],
  'uid-map': ['uid_maps', 'list'],
  'gid-map': ['gid_maps', 'list'],
  hostname: ['hostname', 'one'],
  domainname: ['domainname', 'one'],
  'readonly-rootfs': ['readonly_rootfs', 'one'],
  'resolv-conf': ['resolv_conf', 'one'],
  'rootfs-propagation': ['rootfs_propagation', 'one'],
  'rootfs-type': ['rootfs_type', 'one'],
  'rootfs-source': ['rootfs_source', 'one'],
  'rootfs-layer': ['rootfs_layer', 'one'],
  share: ['shares', 'list'],
  device: ['devices', 'list'],
  sysctl: ['sysctls', 'list'],
  'masked-path': ['masked_paths', 'list'],
  'readonly-path': ['readonly_paths', 'list'],
  'hook-state': ['hook_state', 'one'],
};

/** Keys that begin an element, and those that may follow them. */
const groups: Readonly<Record<string, Readonly<Record<string, Meaning>>>> = {
  mount: {
    mount: ['destination', 'one'],
    'mount-type': ['type', 'one'],
    'mount-source': ['source', 'one'],
    'mount-data': ['data', 'one'],
    'mount-bind': ['bind', 'one'],
    'mount-disk': ['disk', 'one'],
    'mount-copy-up': ['copy_up', 'one'],
    'mount-flags': ['flags', 'one'],
    'mount-propagation': ['propagation', 'one'],
  },
  hook: {
    hook: ['path', 'one'],
    'hook-arg': ['args', 'list'],
    'hook-env': ['env', 'list'],
    'hook-timeout': ['timeout_seconds', 'one'],
  },
};

const nothingSaid = {
  wrong: null,
  owner: 'container',
  slot: '0',
  cwd: '/',
  hostname: null,
  domainname: null,
  seccomp: null,
  rootfs_type: null,
  rootfs_source: null,
  rootfs_layer: null,
  seccomp_flags: '0',
  namespaces: '0',
  personality: '4294967295',
  oom_score_adj: '0',
  io_priority: '-1',
  umask: '-1',
  terminal: '0',
  no_new_privileges: '0',
  readonly_rootfs: '0',
  resolv_conf: '0',
  uid: '0',
  gid: '0',
  bounding: '0',
  effective: '0',
  permitted: '0',
  inheritable: '0',
  ambient: '0',
  rootfs_propagation: '0',
  hook_state: null,
};

const emptyMount = {
  destination: null,
  type: null,
  source: null,
  data: null,
  bind: null,
  disk: '0',
  copy_up: '0',
  flags: '0',
  propagation: '0',
};

const put = (members: Members, [member, kind]: Meaning, value: string): void => {
  const old = members[member];
  if (kind === 'list') members[member] = [...(Array.isArray(old) ? old : []), value];
  else members[member] = kind === 'hexadecimal' ? BigInt(`0x${value}`).toString() : value;
};

const emptyLists = (): Members =>
  Object.fromEntries(
    Object.values(meanings).flatMap(([member, kind]) => (kind === 'list' ? [[member, []]] : [])),
  );

const seen = new Set<string>();

/** What the guest is to understand of a record. */
const expected = (record: Buffer): Members => {
  const members: Members = { ...nothingSaid, ...emptyLists() };
  const elements: Record<string, Members[]> = { mount: [], hook: [] };
  for (const entry of record.toString().split('\0').slice(0, -1)) {
    const key = entry.slice(0, entry.indexOf(' '));
    const value = entry.slice(key.length + 1);
    seen.add(key);
    const meaning = meanings[key];
    if (meaning !== undefined) {
      put(members, meaning, value);
      continue;
    }
    const [group = ''] = key.split('-');
    const list = elements[group] ?? [];
    if (key === 'mount') list.push({ ...emptyMount });
    if (key === 'hook') list.push({ args: [], env: [], timeout_seconds: '0' });
    const element = list.at(-1);
    const field = groups[group]?.[key];
    assert.ok(element !== undefined && field !== undefined, `the test knows the key ${key}`);
    put(element, field, value);
  }
  return { ...members, mounts: elements['mount'], hooks: elements['hook'] };
};

test('the guest understands what runx renders, whatever it is, and each key', (t) => {
  const next = randomNumbers(t);
  for (let round = 0; round < 150; round += 1) {
    const container = randomContainer(next);
    const { spec, process, seccomp } = container;
    for (const record of [
      renderContainerRecord(container),
      renderProcessRecord(1 + next(2 ** 31), spec, process, seccomp),
    ]) {
      assert.deepEqual(understood(record), expected(record), record.toString());
    }
  }
  const known = run(['keys'], Buffer.alloc(0)).trim().split('\n');
  assert.deepEqual([...seen].toSorted(), known.toSorted());
});

const refused: readonly RecordEntry[] = [
  ['uid', ''],
  ['uid', '-1'],
  ['uid', '1x'],
  ['uid', ' 1'],
  ['uid', '0x1'],
  ['uid', '4294967296'],
  ['uid', '18446744073709551616'],
  ['umask', '2147483648'],
  ['umask', '--1'],
  ['terminal', 'yes'],
  ['terminal', ''],
  ['terminal', '10'],
  ['capability-bounding', '0x1'],
  ['capability-bounding', '10000000000000000'],
  ['capability-bounding', 'G'],
  ['rlimit', '7 1024'],
  ['rlimit', '7  1024 4096'],
  ['rlimit', '7 1024 4096 1'],
  ['rlimit', '7 1024 18446744073709551616'],
  ['device', '8630 1 3 0 0'],
  ['device', '8630 1 x 0 0 /dev/null'],
  ['uid-map', '0 1000'],
  ['uid-map', '0 1000 65536 '],
  ['scheduler', '0 0 0 0 0 0'],
  ['mount-flags', '1'],
  ['hook-arg', 'true'],
  ['owner', 'containers'],
  ['owner', ''],
  ['slot', 'one'],
  ['unknown', '1'],
  ['arguments', 'true'],
];

test('a value that is not what its key wants is an error, which shows it', () => {
  for (const [key, value] of refused) {
    const { wrong } = understood(
      renderEntries([
        ['arg', 'true'],
        [key, value],
      ]),
    );
    assert.equal(wrong, `record not understood: ${key} ${value}`);
  }
  assert.equal(
    understood(Buffer.from('arg true\0terminal\0'))['wrong'],
    'record not understood: terminal',
  );
  assert.equal(
    understood(renderEntries([['cwd', '/']]))['wrong'],
    'process.args is missing in the record',
  );
});

test('the ends of the ranges are in them', () => {
  const record = renderEntries([
    ['arg', 'true'],
    ['uid', '4294967295'],
    ['capability-bounding', 'ffffffffffffffff'],
    ['umask', '2147483647'],
    ['oom-score-adj', '-2147483647'],
    ['rlimit', '15 0 18446744073709551615'],
    ['mount', '/data'],
    ['mount-flags', '18446744073709551615'],
    ['hook', '/bin/true'],
    ['hook-timeout', '9223372036854775807'],
  ]);
  assert.deepEqual(understood(record), expected(record));
});
