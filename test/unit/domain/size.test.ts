import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseConfig } from '../../../src/config.ts';
import type { Limits } from '../../../src/oci/resources.ts';
import { minimumMiB } from '../../../src/domain/memory.ts';
import { planSize } from '../../../src/domain/size.ts';
import { planUpdate } from '../../../src/container/update.ts';
import { RunxError } from '../../../src/errors.ts';

const config = parseConfig({}, 'runx.toml');
const plain = {
  memoryMiB: 256,
  maxMemoryMiB: 256,
  vcpus: 1,
  maxVcpus: 1,
  cpuWeight: undefined,
  cap: undefined,
  cpuset: undefined,
};

const size = (limits: Limits, annotations: object = {}, changes: object = {}): object =>
  planSize({ limits, annotations, config: { ...config, ...changes } });

const sizes: readonly [what: string, actual: () => object, expected: object][] = [
  ['of no limits', () => size({}), plain],
  ['of lifted limits', () => size({ memoryBytes: 'max', cpus: 'max' }), plain],
  ['of half a CPU', () => size({ cpus: 0.5 }), { ...plain, cap: 50 }],
  ['of hardly any CPU', () => size({ cpus: 0.001 }), { ...plain, cap: 1 }],
  [
    'of one CPU and a half',
    () => size({ cpus: 1.5 }),
    { ...plain, vcpus: 2, maxVcpus: 2, cap: 150 },
  ],
  [
    'of two CPUs',
    () => size({ cpus: 2, cpuWeight: 100, cpuset: '0-1' }),
    { ...plain, vcpus: 2, maxVcpus: 2, cpuWeight: 100, cpuset: '0-1' },
  ],
  [
    'of more CPUs than the guest kernel knows',
    () => size({ cpus: 1000 }),
    { ...plain, vcpus: 64, maxVcpus: 64 },
  ],
  [
    'of annotations',
    () => size({ cpus: 1 }, { vcpus: 3, memory_mib: 100, memory_max_mib: 200 }),
    { ...plain, memoryMiB: 100, maxMemoryMiB: 200, vcpus: 3, maxVcpus: 3, cap: 100 },
  ],
  [
    'of runx.toml',
    () => size({}, {}, { vcpus: 2, vcpus_max: 4, memory_max_mib: 1024 }),
    { ...plain, maxMemoryMiB: 1024, vcpus: 2, maxVcpus: 4 },
  ],
];
for (const [what, actual, expected] of sizes) {
  test(`the size of a domain ${what}`, () => assert.deepEqual(actual(), expected));
}

const bounds = { maxMemoryMiB: 512, maxVcpus: 2, forDevicesMiB: 0 };
const nothing = { weight: undefined };

test('an update says nothing of what is not said', () => {
  assert.deepEqual(planUpdate({}, bounds), {
    memoryMiB: undefined,
    scheduling: nothing,
    cpuset: undefined,
  });
});

test('an update lifts limits to what the domain was created for', () => {
  const { memoryMiB, vcpus, scheduling } = planUpdate({ memoryBytes: 'max', cpus: 'max' }, bounds);
  assert.deepEqual([memoryMiB, vcpus, scheduling.cap], [512, 2, 0]);
});

test('an update sets virtual CPUs, cap and weight', () => {
  const { vcpus, scheduling, cpuset } = planUpdate(
    { cpus: 1.5, cpuWeight: 128, cpuset: '1' },
    bounds,
  );
  assert.deepEqual([vcpus, scheduling, cpuset], [2, { weight: 128, cap: 150 }, '1']);
});

test('an update to more than the domain can have is refused with the numbers', () => {
  const limit = 512 * 1024 * 1024;
  assert.throws(
    () => planUpdate({ memoryBytes: limit }, bounds),
    new RunxError(
      'memory limit of 536870912 bytes needs a domain of 543 MiB, but this domain can have at most 512 MiB: set memory_max_mib in runx.toml before the container is created',
    ),
  );
  assert.throws(
    () => planUpdate({ cpus: 2.5 }, bounds),
    new RunxError(
      'CPU quota of 2.5 CPUs needs 3 virtual CPUs, but this domain can have at most 2: set vcpus_max in runx.toml before the container is created',
    ),
  );
});

test('an update to little memory leaves the guest what it needs', () => {
  const { memoryMiB = 0 } = planUpdate({ memoryBytes: 1024 }, bounds);
  assert.ok(memoryMiB >= minimumMiB, `${memoryMiB} MiB`);
});
