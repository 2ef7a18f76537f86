import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { type Limits, type Resources, parseLimits } from '../../../src/oci/resources.ts';

const rows: readonly [what: string, resources: Resources, limits: Limits][] = [
  ['nothing', {}, {}],
  ['nulls', { memory: null, cpu: null, unified: null }, {}],
  [
    "docker's zeros",
    { memory: { limit: 0 }, cpu: { shares: 0, quota: 0, period: 0, cpus: '' } },
    {},
  ],
  ['a memory limit', { memory: { limit: 4096 } }, { memoryBytes: 4096 }],
  ['no memory limit', { memory: { limit: -1 } }, { memoryBytes: 'max' }],
  ['half a CPU', { cpu: { quota: 50_000, period: 100_000 } }, { cpus: 0.5 }],
  ['a quota alone, of 100 ms', { cpu: { quota: 250_000 } }, { cpus: 2.5 }],
  ['a period alone', { cpu: { period: 100_000 } }, {}],
  ['no quota', { cpu: { quota: -1, period: 100_000 } }, { cpus: 'max' }],
  ['normal shares', { cpu: { shares: 1024 } }, { cpuWeight: 256 }],
  ['the least shares', { cpu: { shares: 2 } }, { cpuWeight: 1 }],
  ['the most shares', { cpu: { shares: 262_144 } }, { cpuWeight: 65_535 }],
  ['idle', { cpu: { shares: 1024, idle: 1 } }, { cpuWeight: 1 }],
  ['a list of CPUs', { cpu: { cpus: '0-2,5' } }, { cpuset: '0-2,5' }],
  [
    'the keys of cgroup2',
    {
      unified: {
        'memory.max': '8192',
        'cpu.max': '150000 100000',
        'cpu.weight': '50',
        'cpuset.cpus': '1',
        'pids.max': '10',
      },
    },
    { memoryBytes: 8192, cpus: 1.5, cpuWeight: 128, cpuset: '1' },
  ],
  [
    'the keys of cgroup2 before the others',
    { memory: { limit: 1 }, unified: { 'memory.max': 'max', 'cpu.max': 'max' } },
    { memoryBytes: 'max', cpus: 'max' },
  ],
];
for (const [what, resources, limits] of rows) {
  test(`limits of ${what}`, () => {
    assert.deepEqual(parseLimits(resources, 'resources'), limits);
  });
}

const refused: readonly [resources: Resources, sentence: string][] = [
  [{ cpu: { realtimeRuntime: 1 } }, 'r.cpu.realtimeRuntime is not supported'],
  [{ cpu: { realtimePeriod: 1 } }, 'r.cpu.realtimePeriod is not supported'],
  [{ cpu: { cpus: '0-' } }, 'r: "0-" is not a list of CPUs, such as 0-2,5'],
  [{ unified: { 'cpuset.cpus': 'all' } }, 'r: "all" is not a list of CPUs, such as 0-2,5'],
  [{ unified: { 'memory.max': '1G' } }, 'r.unified: memory.max: invalid value "1G"'],
  [{ unified: { 'cpu.max': '0 100000' } }, 'r.unified: cpu.max: invalid value "0 100000"'],
  [{ unified: { 'cpu.weight': '0' } }, 'r.unified: cpu.weight: invalid value "0"'],
];
for (const [resources, sentence] of refused) {
  test(`${JSON.stringify(resources)} is refused`, () => {
    assert.throws(() => parseLimits(resources, 'r'), new RunxError(sentence));
  });
}
