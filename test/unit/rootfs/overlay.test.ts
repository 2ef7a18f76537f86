import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseMountInfo } from '../../../src/host/mounts.ts';
import { findOverlay } from '../../../src/rootfs/overlay.ts';

const mountOf = (options: string, type = 'overlay') =>
  parseMountInfo(`30 21 0:40 / /c/rootfs rw shared:2 - ${type} overlay ${options}\n`);

const overlays: readonly [what: string, options: string, expected: object | undefined][] = [
  [
    'with a writable layer',
    'rw,lowerdir=/l/2:/l/1,upperdir=/u,workdir=/w',
    { lower: ['/l/2', '/l/1'], upper: '/u' },
  ],
  ['that is read-only', 'ro,lowerdir=/l/2:/l/1', { lower: ['/l/2', '/l/1'], upper: undefined }],
  [
    'of odd paths',
    String.raw`rw,lowerdir=/a\040b\134\054c:/d\134:e,upperdir=/u\134\054v`,
    { lower: ['/a b,c', '/d:e'], upper: '/u,v' },
  ],
  [
    'as newer kernels write it',
    'rw,lowerdir+=/l/2,lowerdir+=/l/1,upperdir=/u',
    { lower: ['/l/2', '/l/1'], upper: '/u' },
  ],
  ['with layers of data alone', 'rw,lowerdir=/l/1::/data,upperdir=/u', undefined],
];
for (const [what, options, expected] of overlays) {
  test(`the layers are found of an overlay ${what}`, () => {
    assert.deepEqual(findOverlay(mountOf(options), '/c/rootfs'), expected);
  });
}

test('a directory that is no overlay has no layers', () => {
  assert.equal(findOverlay(mountOf('rw,lowerdir=/l', 'ext4'), '/c/rootfs'), undefined);
  assert.equal(findOverlay(mountOf('rw,lowerdir=/l'), '/c/rootfs/etc'), undefined);
});
