import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judgeMount } from '../../../src/rootfs/block.ts';
import { parseMountInfo } from '../../../src/host/mounts.ts';

const judge = (directory: string, ...lines: readonly string[]) =>
  judgeMount(
    parseMountInfo(['21 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw', ...lines, ''].join('\n')),
    directory,
  );

const device = { path: '/dev/vg/a b', number: '253:4', type: 'ext4', mountPoint: '/c/rootfs' };

test('a file system that nobody writes to is a disk, wherever else it is mounted', () => {
  const lines = [
    String.raw`40 21 253:4 / /c/rootfs rw,nosuid shared:9 - ext4 /dev/vg/a\040b ro,noload`,
    String.raw`41 21 253:4 / /elsewhere ro - ext4 /dev/vg/a\040b ro,noload`,
  ];
  assert.deepEqual(judge('/c/rootfs', ...lines), { device: { ...device, readonly: true } });
});

test('a mount that is read-only alone is one that others write to', () => {
  const line = String.raw`40 21 253:4 / /c/rootfs ro - ext4 /dev/vg/a\040b rw`;
  assert.deepEqual(judge('/c/rootfs', line), { device: { ...device, readonly: false } });
});

test('of several mounts at one place the last is seen', () => {
  const lines = [
    '40 21 253:4 / /c/rootfs rw - ext4 /dev/vg/a ro',
    '42 40 7:0 / /c/rootfs ro - erofs /dev/loop0 ro',
  ];
  assert.deepEqual(judge('/c/rootfs', ...lines), {
    device: { ...device, path: '/dev/loop0', number: '7:0', type: 'erofs', readonly: true },
  });
});

const refused: readonly [lack: string, directory: string, ...lines: string[]][] = [
  ['it is not a mount point', '/c/rootfs'],
  ['it is the root file system of the host', '/'],
  [
    'its file system, overlay, is not on a block device',
    '/c/rootfs',
    '40 21 0:50 / /c/rootfs rw - overlay overlay rw,lowerdir=/l',
  ],
  [
    'it is only a directory of the file system on /dev/sda1',
    '/c/rootfs',
    '40 21 8:1 /srv/rootfs /c/rootfs rw - ext4 /dev/sda1 rw',
  ],
  [
    'the guest kernel does not support btrfs',
    '/c/rootfs',
    '40 21 8:2 / /c/rootfs rw - btrfs /dev/sda2 rw',
  ],
  [
    '/c/rootfs/data is mounted below it',
    '/c/rootfs',
    '40 21 8:2 / /c/rootfs ro - ext4 /dev/sda2 ro',
    '41 40 0:50 / /c/rootfs/data rw - tmpfs tmpfs rw',
  ],
  [
    '/dev/sda2 is writable and also mounted on /mnt',
    '/c/rootfs',
    '40 21 8:2 / /c/rootfs rw - ext4 /dev/sda2 rw',
    '41 21 8:2 /part /mnt ro - ext4 /dev/sda2 rw',
  ],
];
for (const [lack, directory, ...lines] of refused) {
  test(`no disk: ${lack}`, () => {
    assert.deepEqual(judge(directory, ...lines), { lack });
  });
}
