import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { planRootfs, renderRootfs } from '../../../src/guest/rootfs.ts';

const diod = '/usr/sbin/diod';

test('a rootfs directory is served by diod where there is one', () => {
  assert.deepEqual(planRootfs('/b/rootfs', diod), { kind: '9p', path: '/b/rootfs', diod });
});

test('diod serves any path', () => {
  assert.equal(planRootfs('/a,b "c"\n', diod).path, '/a,b "c"\n');
});

test('xl can share no path that holds a comma', () => {
  assert.equal(planRootfs('/a b', undefined).path, '/a b');
  assert.throws(
    () => planRootfs('/a,b', undefined),
    new RunxError('rootfs /a,b: with no diod on this host, its path must not hold a comma'),
  );
});

test("the guest's init reads the kind alone: the host's path is not its business", () => {
  assert.equal(renderRootfs(planRootfs('/b/rootfs', diod)), 'rootfs=9p\n');
});
