import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { planMounts } from '../../../src/guest/mounts.ts';
import type { BindSource } from '../../../src/guest/shares.ts';
import type { Mount } from '../../../src/oci/spec.ts';
import { specWith } from '../../support/spec.ts';

const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NOEXEC = 8;
const MS_PRIVATE = 1 << 18;
const MS_REC = 16384;

const file = (path: string, device = 1): BindSource => ({ path, kind: 'file', device });
const directory = (path: string): BindSource => ({ path, kind: 'directory', device: 1 });

type Bind = readonly [destination: string, options: readonly string[], ...BindSource[]];

const plan = (binds: readonly Bind[], hasServer = true) => {
  const { mounts } = specWith({
    mounts: binds.map(([destination, options]) => ({ destination, type: 'bind', options })),
  });
  const sources = new Map<Mount, readonly BindSource[]>();
  for (const [index, mount] of mounts.entries()) {
    const [, , ...own] = binds[index] ?? ['', []];
    sources.set(mount, own);
  }
  return planMounts(mounts, sources, hasServer);
};

const bindsOf = ({ mounts }: ReturnType<typeof plan>) =>
  mounts.map(({ destination, bind, flags }) => [destination, bind, flags]);

test('every directory is a share of its own', () => {
  const planned = plan([
    ['/a', ['rbind'], directory('/host/a')],
    ['/b', ['ro', 'nosuid'], directory('/host/a')],
  ]);
  assert.deepEqual(
    planned.shares.map(({ tag, exports }) => [tag, exports]),
    [
      ['share1', [{ path: '/host/a', readonly: false, file: false, recursive: false }]],
      ['share2', [{ path: '/host/a', readonly: true, file: false, recursive: false }]],
    ],
  );
  assert.deepEqual(bindsOf(planned), [
    ['/a', '/runx/shares/share1', 0],
    ['/b', '/runx/shares/share2', MS_RDONLY | MS_NOSUID],
  ]);
});

test('the files of one file system of the host are in one share, those of another are not', () => {
  const planned = plan([
    ['/etc/hosts', ['ro'], file('/host/hosts', 7)],
    ['/data', [], directory('/host/data')],
    ['/run/secret', [], file('/tmpfs/secret', 8)],
    ['/etc/resolv.conf', [], file('/host/resolv.conf', 7)],
  ]);
  assert.deepEqual(
    planned.shares.map(({ exports }) => exports.map((one) => [one.path, one.readonly])),
    [
      [
        ['/host/hosts', true],
        ['/host/resolv.conf', false],
      ],
      [['/host/data', false]],
      [['/tmpfs/secret', false]],
    ],
  );
  assert.deepEqual(bindsOf(planned), [
    ['/etc/hosts', '/runx/shares/share1/0', MS_RDONLY],
    ['/data', '/runx/shares/share2', 0],
    ['/run/secret', '/runx/shares/share3/0', 0],
    ['/etc/resolv.conf', '/runx/shares/share1/1', 0],
  ]);
});

test("a mount below the source follows it, with its own flags and the tree's", () => {
  const below = { ...directory('/host/a/sub'), below: '/sub', flags: MS_NOSUID | MS_NOEXEC };
  const mounts = plan([
    ['/a', ['rbind', 'ro', 'rexec', 'rprivate'], directory('/host/a'), below],
    ['/b', ['rbind', 'rro', 'private'], directory('/host/a'), below],
  ]).mounts.map(({ destination, flags, propagation }) => [destination, flags, propagation]);
  assert.deepEqual(mounts, [
    ['/a', MS_RDONLY, MS_PRIVATE | MS_REC],
    ['/a/sub', MS_NOSUID, MS_PRIVATE | MS_REC],
    ['/b', MS_RDONLY, MS_PRIVATE],
    ['/b/sub', MS_RDONLY | MS_NOSUID | MS_NOEXEC, 0],
  ]);
});

test("a device is the guest's own, and takes no share", () => {
  const planned = plan([['/etc/masked', [], { path: '/dev/null', kind: 'device', device: 0 }]]);
  assert.deepEqual(planned.shares, []);
  assert.deepEqual(bindsOf(planned), [['/etc/masked', '/dev/null', 0]]);
});

test('an option that no bind mount has is refused', () => {
  assert.throws(
    () => plan([['/a', ['rbind', 'size=1m'], directory('/host')]]),
    new RunxError('mount /a: option "size=1m" is not supported'),
  );
});

const many = (count: number, source: (path: string) => BindSource): Bind[] =>
  Array.from({ length: count }, (_, index) => [`/m${index}`, [], source(`/host/${index}`)]);

test('more than the monitor serves is refused', () => {
  assert.equal(plan(many(31, directory)).shares.length, 31);
  assert.throws(
    () => plan(many(32, directory)),
    new RunxError(
      'config.json: bind mounts of 32 directories, including mounts below them: at most 31 are possible',
    ),
  );
  assert.equal(plan(many(255, file)).shares.length, 1);
  assert.throws(
    () => plan(many(256, file)),
    new RunxError(
      'config.json: bind mounts of 256 files and directories: at most 255 are possible',
    ),
  );
});

test('with no diod, a directory is bound whole and a file is copied', () => {
  const { shares, copies, ...rest } = plan(
    [
      ['/a', [], directory('/host/a')],
      ['/etc/hosts', ['ro'], file('/host/hosts')],
    ],
    false,
  );
  assert.deepEqual(bindsOf({ shares, copies, ...rest }), [
    ['/a', '/runx/shares/share1', 0],
    ['/etc/hosts', '/runx/files/0', 1],
  ]);
  assert.equal(shares.length, 1);
  assert.deepEqual(copies, [{ path: '/runx/files/0', source: '/host/hosts' }]);
  assert.throws(
    () => plan([['/a', [], directory('/a,b')]], false),
    new RunxError(
      'mount /a: source /a,b: the path must not contain a comma if the host has no diod: install diod, or move the source',
    ),
  );
});

test('tmpcopyup is for a tmpfs', () => {
  const message = 'mount /a: option "tmpcopyup" is not supported';
  assert.throws(() => plan([['/a', ['tmpcopyup'], directory('/host')]]), new RunxError(message));
  const mount = { destination: '/a', type: 'proc', options: ['tmpcopyup'] };
  assert.throws(() => planFileSystem(mount), new RunxError(message));
});

const planFileSystem = (mount: object) => planMounts(specWith({ mounts: [mount] }).mounts);

test('nothing but a proc is mounted on /proc, and little in it', () => {
  assert.throws(
    () => planFileSystem({ destination: '/proc/', type: 'tmpfs' }),
    new RunxError('mount /proc/: only a file system of type proc can be mounted on /proc'),
  );
  assert.throws(
    () => planFileSystem({ destination: '/x/../proc/sys', type: 'tmpfs' }),
    new RunxError('mount /x/../proc/sys: cannot be mounted because it is inside /proc'),
  );
  for (const destination of ['/proc/uptime', '/proc2', '/proc/sys/kernel/ns_last_pid']) {
    assert.equal(planFileSystem({ destination, type: 'tmpfs' }).mounts.length, 1);
  }
  assert.equal(planFileSystem({ destination: '/proc', type: 'proc' }).mounts.length, 1);
});

const planBlocks = (mounts: readonly object[]) => {
  const spec = specWith({ mounts });
  const blocks = new Map(spec.mounts.map((mount, index) => [mount, `/dev/vg/${index}`]));
  return planMounts(spec.mounts, new Map(), true, blocks);
};

test('a block device is a disk behind those of the rootfs, as writable as its mount', () => {
  const { disks, mounts, shares } = planBlocks([
    { destination: '/data', type: 'ext4', source: '/dev/a', options: ['nosuid', 'data=journal'] },
    { destination: '/fixed', type: 'erofs', source: '/dev/b', options: ['ro'] },
  ]);
  assert.deepEqual(disks, [
    { device: 'xvdc', file: '/dev/vg/0', readonly: false },
    { device: 'xvdd', file: '/dev/vg/1', readonly: true },
  ]);
  assert.deepEqual(
    mounts.map(({ destination, type, source, flags, data, disk }) => [
      [destination, type, source],
      [flags, data, disk],
    ]),
    [
      [
        ['/data', 'ext4', '/dev/xvdc'],
        [MS_NOSUID, 'data=journal', true],
      ],
      [
        ['/fixed', 'erofs', '/dev/xvdd'],
        [MS_RDONLY, '', true],
      ],
    ],
  );
  assert.deepEqual(shares, []);
});

test('more block devices than there are names for disks are refused', () => {
  const blocks = Array.from({ length: 25 }, (_, index) => ({
    destination: `/${index}`,
    type: 'ext4',
    source: '/dev/a',
  }));
  assert.equal(planBlocks(blocks.slice(1)).disks.at(-1)?.device, 'xvdz');
  assert.throws(
    () => planBlocks(blocks),
    new RunxError('config.json: mounts: a domain can have at most 24 block devices as volumes'),
  );
});
