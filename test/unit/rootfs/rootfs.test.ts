import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import {
  type Layer,
  planLayer,
  planNinep,
  rootfsEntries,
  sharesOf,
} from '../../../src/rootfs/rootfs.ts';

const diod = '/usr/sbin/diod';

test('a rootfs directory is served by diod where there is one', () => {
  assert.deepEqual(planNinep('/b/rootfs', diod), { kind: '9p', path: '/b/rootfs', diod });
});

test('diod serves any path', () => {
  assert.equal(planNinep('/a,b "c"\n', diod).path, '/a,b "c"\n');
});

test('xl can share no path that holds a comma', () => {
  assert.equal(planNinep('/a b', undefined).path, '/a b');
  assert.throws(
    () => planNinep('/a,b', undefined),
    new RunxError(
      'rootfs /a,b: the path must not contain a comma: install diod, or move the rootfs',
    ),
  );
});

test("the guest's init reads the kind alone: the host's path is not its business", () => {
  assert.deepEqual(rootfsEntries(planNinep('/b/rootfs', diod)), [
    ['rootfs-type', '9p'],
    ['rootfs-source', 'root'],
  ]);
});

const onDisk = (layer: Layer) => ({ kind: 'disk', path: '/b', layer }) as const;

const onBlock = (type: 'ext4' | 'xfs' | 'erofs', layer: Layer) => {
  const device = { path: '/dev/sdb', number: '8:16', type, mountPoint: '/b', readonly: true };
  return { kind: 'block', path: '/b', device, layer } as const;
};

test('a rootfs on a disk is no share', () => {
  const layer = planLayer('memory', undefined, false);
  assert.deepEqual(sharesOf(onDisk(layer), false), []);
  assert.deepEqual(sharesOf(onBlock('ext4', layer), false), []);
  assert.deepEqual(sharesOf(undefined, false), []);
});

for (const readonly of [false, true]) {
  test(`a rootfs by 9p is a share that is ${readonly ? '' : 'not '}read-only in Dom0`, () => {
    assert.deepEqual(sharesOf(planNinep('/b/rootfs', diod), readonly), [
      { tag: 'root', exports: [{ path: '/b/rootfs', readonly, file: false, recursive: true }] },
    ]);
  });
}

const layers: readonly [what: string, ...Parameters<typeof planLayer>, layer: string][] = [
  ['in memory', 'memory', undefined, false, 'size=50%,mode=700'],
  ['in so much memory', 'memory', 64, false, 'size=64m,mode=700'],
  ['on a disk', 'disk', undefined, false, '/dev/xvdb'],
  ['of a read-only rootfs', 'disk', 64, true, 'size=4m,mode=700'],
];
for (const [what, kind, mib, isReadonly, rendered] of layers) {
  test(`the guest is told of a writable layer ${what}`, () => {
    const layer = planLayer(kind, mib, isReadonly);
    const expected = (type: string) => [
      ['rootfs-type', type],
      ['rootfs-source', '/dev/xvda'],
      ['rootfs-layer', rendered],
    ];
    assert.deepEqual(rootfsEntries(onDisk(layer)), expected('erofs'));
    for (const type of ['erofs', 'ext4', 'xfs'] as const) {
      assert.deepEqual(rootfsEntries(onBlock(type, layer)), expected(type));
    }
  });
}

test('a layer on a disk has a size in any case', () => {
  assert.deepEqual(planLayer('disk', undefined, false), { kind: 'disk', mib: 8192 });
});
