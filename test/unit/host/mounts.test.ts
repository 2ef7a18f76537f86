import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mountsBelow, parseMountInfo } from '../../../src/host/mounts.ts';

const mounts = parseMountInfo(
  [
    '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    String.raw`30 21 0:40 / /srv/a\040b rw,nosuid,noexec shared:2 master:1 - tmpfs x\040y rw,size=1k`,
    '31 30 0:41 / /srv/z ro - tmpfs tmpfs rw',
    '32 31 0:42 /sub /srv/z rw - tmpfs tmpfs rw',
    '33 31 0:43 / /srv/z/deep rw - tmpfs tmpfs rw',
    '34 21 0:44 / /srv/u rw unbindable - tmpfs tmpfs rw',
    '35 21 0:45 / /srv/auto rw - autofs systemd-1 rw',
    '36 21 0:46 / /srv2 rw - tmpfs tmpfs rw',
    '',
  ].join('\n'),
);

test('a line is read with its escapes', () => {
  assert.deepEqual(mounts[1], {
    device: '0:40',
    root: '/',
    mountPoint: '/srv/a b',
    options: ['rw', 'nosuid', 'noexec'],
    type: 'tmpfs',
    source: 'x y',
    superOptions: ['rw', 'size=1k'],
    unbindable: false,
  });
});

test('below a directory are the mounts that can be bound, the last of each place', () => {
  assert.deepEqual(
    mountsBelow(mounts, '/srv').map(({ mountPoint, options }) => [mountPoint, options[0]]),
    [
      ['/srv/a b', 'rw'],
      ['/srv/z', 'rw'],
      ['/srv/z/deep', 'rw'],
    ],
  );
});

test('a mount point is not below itself, and everything is below the root', () => {
  assert.deepEqual(
    mountsBelow(mounts, '/srv/z').map(({ mountPoint }) => mountPoint),
    ['/srv/z/deep'],
  );
  assert.equal(mountsBelow(mounts, '/').length, 4);
});
