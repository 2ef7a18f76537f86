import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { memoryForLimit, minimumMiB, planMemory, devicesMiB } from '../../../src/domain/memory.ts';

const MiB = 1024 * 1024;
const defaultMiB = 256;

test('a container without a limit has the default', () => {
  assert.deepEqual(planMemory({ defaultMiB }), { memoryMiB: 256, maxMemoryMiB: 256 });
});

// Measured: of a domain of so many MiB, a process could allocate so many.
const measured = [
  [24, 10],
  [64, 48],
] as const;
for (const [memoryMiB, allocatedMiB] of measured) {
  test(`a limit of ${allocatedMiB} MiB takes what was measured, and not much more`, () => {
    const planned = memoryForLimit(allocatedMiB * MiB);
    assert.ok(planned >= memoryMiB, `${planned} MiB`);
    assert.ok(planned <= memoryMiB + 4, `${planned} MiB`);
  });
}

test('a limit is exact to the byte, rounded up to a MiB of the domain', () => {
  const exact = memoryForLimit(100 * MiB);
  assert.ok(memoryForLimit(100 * MiB + 1) >= exact);
  assert.equal(memoryForLimit(102 * MiB) > exact, true);
});

test('a domain that can grow has room for the records of all its pages', () => {
  const alone = planMemory({ limitBytes: 100 * MiB, defaultMiB });
  const grows = planMemory({ limitBytes: 100 * MiB, defaultMiB, maxMiB: 1024 });
  assert.equal(grows.maxMemoryMiB, 1024);
  assert.ok(grows.memoryMiB > alone.memoryMiB + 15, `${grows.memoryMiB} MiB`);
});

test('a most below the memory itself is no most', () => {
  const { memoryMiB, maxMemoryMiB } = planMemory({
    limitBytes: 600 * MiB,
    defaultMiB,
    maxMiB: 512,
  });
  assert.equal(maxMemoryMiB, memoryMiB);
});

test('what an annotation asks for goes before the limit', () => {
  const { memoryMiB } = planMemory({ limitBytes: 100 * MiB, annotationMiB: 300, defaultMiB });
  assert.equal(memoryMiB, 300);
});

test('a limit with which the guest would not boot has the least memory', () => {
  assert.ok(planMemory({ limitBytes: 1, defaultMiB }).memoryMiB >= minimumMiB);
});

test('a default with which the guest would not boot is refused by its name in runx.toml', () => {
  assert.throws(
    () => planMemory({ defaultMiB: minimumMiB - 1 }),
    new RunxError(
      `memory_mib = ${minimumMiB - 1} is too small: the guest needs at least ${minimumMiB}`,
    ),
  );
});

test('devices have their rings on top of the limit', () => {
  assert.equal(devicesMiB(3, 2), 7);
  const choice = { limitBytes: 100 * MiB, defaultMiB: 256 };
  assert.equal(
    planMemory({ ...choice, forDevicesMiB: 3 }).memoryMiB,
    planMemory(choice).memoryMiB + 3,
  );
  assert.equal(planMemory({ defaultMiB: 256, forDevicesMiB: 3 }).memoryMiB, 256);
});
