import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { checkConfiguration, findConfiguration } from '../../../src/check/configuration.ts';
import { checkDirectories, findDirectory } from '../../../src/check/directories.ts';
import { checkDisk, checkLayer, checkNinep } from '../../../src/check/ninep.ts';
import { type ProgramFacts, checkIproute, checkMount } from '../../../src/check/programs.ts';
import { parseConfig } from '../../../src/config.ts';
import type { XenInfo } from '../../../src/xen/info.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const program = (name: string, path?: string, version?: string): ProgramFacts => ({
  name,
  path,
  version,
});

const ip = program('ip', '/sbin/ip', 'ip utility, iproute2-6.1.0, libbpf 1.1.2');
const tc = program('tc', '/sbin/tc', 'tc utility, iproute2-6.1.0, libbpf 1.1.2');

test('iproute2 is known by what its programs say of themselves', () => {
  assert.deepEqual(checkIproute([ip, tc]), { name: 'iproute2', status: 'ok', found: '6.1.0' });
});

test('without iproute2, or with the ip of busybox, no container has a network', () => {
  const found = [
    checkIproute([program('ip'), program('tc')]),
    checkIproute([program('ip', '/bin/ip'), tc]),
    checkIproute([program('ip', '/bin/ip'), program('tc')]),
  ].map((point) => [point.status, point.found]);
  assert.deepEqual(found, [
    ['warning', 'ip was not found, tc was not found: containers have no network'],
    ['warning', '/bin/ip is not of iproute2: containers have no network'],
    ['warning', 'tc was not found, /bin/ip is not of iproute2: containers have no network'],
  ]);
});

test('mount and umount are needed for NETCONF', () => {
  const mount = program('mount', '/bin/mount');
  const found = [
    checkMount([mount, program('umount', '/bin/umount')]),
    checkMount([mount, program('umount')]),
  ].map((point) => [point.status, point.found]);
  assert.deepEqual(found, [
    ['ok', '/bin/mount, /bin/umount'],
    ['warning', 'umount was not found: NETCONF does not work'],
  ]);
});

const xen = (minor: number): XenInfo => ({
  xen_major: 4,
  xen_minor: minor,
  xen_version: `4.${minor}.1`,
  total_memory: 0,
  free_memory: 0,
  xen_caps: [],
  xen_scheduler: 'credit2',
  xen_commandline: [],
});

const qemu = (version: string) => ({
  path: '/usr/bin/qemu',
  version: `QEMU emulator version ${version}\nCopyright ...`,
});

const mkfs = program('mkfs.erofs', '/usr/bin/mkfs.erofs');
const noMkfs = program('mkfs.erofs');

const ninep: readonly [
  diod: string | undefined,
  qemu: string | undefined,
  xen: XenInfo | undefined,
  outcome: string,
][] = [
  ['/usr/sbin/diod', undefined, undefined, 'ok: /usr/sbin/diod'],
  [
    undefined,
    undefined,
    xen(17),
    'error: diod was not found, and xl would find no QEMU in its place',
  ],
  [
    undefined,
    '10.0.2',
    xen(17),
    'error: diod was not found, and QEMU 10 (/usr/bin/qemu) cannot take its place',
  ],
  [
    undefined,
    '7.2.22',
    xen(20),
    'error: diod was not found, and Xen 4.20.1 does not start QEMU in its place',
  ],
  [
    undefined,
    '7.2.22',
    xen(18),
    'warning: diod was not found: xl starts /usr/bin/qemu for each container',
  ],
  [
    undefined,
    '7.2.22',
    undefined,
    'warning: diod was not found: xl starts /usr/bin/qemu for each container',
  ],
];
for (const [diod, version, info, outcome] of ninep) {
  const what = [diod ?? 'no diod', version ?? 'no QEMU', info?.xen_version ?? 'no Xen'].join(', ');
  test(`9P with ${what}: ${outcome.split(':')[0]}`, () => {
    const facts = {
      diod: program('diod', diod),
      qemu: version === undefined ? undefined : qemu(version),
    };
    const { status, found } = checkNinep(facts, info, { asked: 'auto', mkfs: noMkfs });
    assert.equal(
      `${status}: ${found.split(',').slice(0, outcome.split(',').length).join(',')}`,
      outcome,
    );
  });
}

test('with nothing to serve 9P, images will do, unless 9p is asked for', () => {
  const facts = { diod: program('diod'), qemu: undefined };
  const statuses = (['auto', 'disk', '9p'] as const).map((asked) => {
    const { status, found } = checkNinep(facts, undefined, { asked, mkfs });
    return [asked, status, found];
  });
  const lack = 'diod was not found, and xl would find no QEMU in its place';
  assert.deepEqual(statuses, [
    ['auto', 'warning', `${lack}: a directory cannot be a volume`],
    ['disk', 'warning', `${lack}: a directory cannot be a volume`],
    ['9p', 'error', lack],
  ]);
});

test('what makes images is needed if they are asked for', () => {
  const found = [
    checkDisk({ asked: 'disk', mkfs }),
    checkDisk({ asked: 'auto', mkfs: noMkfs }),
    checkDisk({ asked: 'disk', mkfs: noMkfs }),
  ].map((point) => [point.status, point.found]);
  assert.deepEqual(found, [
    ['ok', '/usr/bin/mkfs.erofs'],
    ['ok', 'mkfs.erofs was not found: a rootfs cannot be on a disk'],
    ['error', 'mkfs.erofs was not found'],
  ]);
});

test('a writable layer on a disk takes mke2fs, one in memory nothing', () => {
  assert.deepEqual(checkLayer('memory', undefined), []);
  const found = [...checkLayer('disk', '/sbin/mke2fs'), ...checkLayer('disk', undefined)];
  assert.deepEqual(
    found.map((point) => [point.name, point.status, point.found]),
    [
      ['writable-layer', 'ok', '/sbin/mke2fs'],
      ['writable-layer', 'error', 'mke2fs was not found'],
    ],
  );
});

test('a directory that is not there yet is judged by the one it will be made in', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'run/runx');
  assert.deepEqual(await findDirectory(path), { path, problem: undefined });
  await writeFile(join(directory, 'run'), '');
  const { problem } = await findDirectory(path);
  assert.equal(problem, `${directory}/run is not a directory`);
});

test('no place for the state is an error, none for the networks a warning', () => {
  const good = { path: '/run/runx', problem: undefined };
  const bad = { path: '/srv/runx', problem: '/srv is on a read-only file system' };
  const outcome = (...facts: Parameters<typeof checkDirectories>): readonly string[] =>
    checkDirectories(...facts).map(({ name, status, found }) => `${status} ${name}: ${found}`);
  assert.deepEqual(outcome(good, good), [
    'ok state-directory: /run/runx',
    'ok data-root: /run/runx',
  ]);
  assert.deepEqual(outcome(bad, bad), [
    'error state-directory: /srv/runx: /srv is on a read-only file system',
    'warning data-root: /srv/runx: /srv is on a read-only file system: NETCONF and a rootfs on a disk do not work',
  ]);
});

test('a configuration that is wrong is a point, and the defaults stand in for it', async (t) => {
  const file = join(await temporaryDirectory(t), 'runx.toml');
  await writeFile(file, 'memory_mib = 300\n');
  const right = await findConfiguration(file);
  assert.deepEqual(checkConfiguration(right), { name: 'configuration', status: 'ok', found: file });
  assert.equal(right.config.memory_mib, 300);
  await writeFile(file, 'memory_mib = "much"\n');
  const wrong = await findConfiguration(file);
  const { status, found } = checkConfiguration(wrong);
  assert.equal(status, 'error');
  assert.ok(found.startsWith(`${file}: memory_mib: `), found);
  assert.equal(wrong.config.memory_mib, 256);
});

test('a default configuration that is missing is in order', () => {
  const config = parseConfig({}, 'runx.toml');
  const path = '/etc/runx/runx.toml';
  assert.deepEqual(checkConfiguration({ config, path, isThere: false, problem: undefined }), {
    name: 'configuration',
    status: 'ok',
    found: '/etc/runx/runx.toml does not exist; runx uses the defaults',
  });
});
