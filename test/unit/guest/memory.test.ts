import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { minimumMiB, overheadMiB, planMemoryMiB } from '../../../src/guest/memory.ts';

const MiB = 1024 * 1024;

for (const limit of [undefined, null, 0, -1]) {
  test(`a memory limit of ${limit} means the default`, () => {
    assert.equal(planMemoryMiB(limit, 256), 256);
  });
}

test("a limit is the container's own: the guest's need comes on top", () => {
  assert.equal(planMemoryMiB(100 * MiB, 256), 100 + overheadMiB);
});

test('a limit is rounded up to whole MiB', () => {
  assert.equal(planMemoryMiB(100 * MiB + 1, 256), 101 + overheadMiB);
});

test('the least limit that is enough is accepted', () => {
  assert.equal(planMemoryMiB((minimumMiB - overheadMiB) * MiB, 256), minimumMiB);
});

test('a limit with which the guest would not boot is refused, with what it needs', () => {
  const needed = (minimumMiB - overheadMiB) * MiB;
  assert.throws(
    () => planMemoryMiB(needed - MiB, 256),
    new RunxError(`memory limit of ${needed - MiB} bytes is too little: the guest needs ${needed}`),
  );
});

test('a default with which the guest would not boot is refused by its name in runx.toml', () => {
  assert.throws(
    () => planMemoryMiB(undefined, minimumMiB - 1),
    new RunxError(`memory_mib = ${minimumMiB - 1} is too little: the guest needs ${minimumMiB}`),
  );
});
