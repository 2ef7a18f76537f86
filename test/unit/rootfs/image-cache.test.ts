import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chooseEvicted } from '../../../src/rootfs/image-cache.ts';

const images = [
  { file: 'old', bytes: 10, usedMs: 1 },
  { file: 'new', bytes: 10, usedMs: 3 },
  { file: 'middle', bytes: 10, usedMs: 2 },
];
const keep =
  (...files: string[]) =>
  ({ file }: { readonly file: string }): boolean =>
    files.includes(file);

test('while all images fit, none goes', () => {
  assert.deepEqual(chooseEvicted(images, 30, keep()), []);
});

test('first goes what was used longest ago, and no more than it takes', () => {
  assert.deepEqual(chooseEvicted(images, 29, keep()), ['old']);
  assert.deepEqual(chooseEvicted(images, 10, keep()), ['old', 'middle']);
});

test('what is in use stays, even if it is too much', () => {
  assert.deepEqual(chooseEvicted(images, 10, keep('old')), ['middle', 'new']);
  assert.deepEqual(chooseEvicted(images, 0, keep('old', 'middle')), ['new']);
});
