import assert from 'node:assert/strict';
import { test } from 'node:test';

import { processWith, specWith } from '../../support/spec.ts';

test('an I/O priority is class and level in one number, as the kernel has it', () => {
  const ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 6 };
  assert.equal(processWith({ ioPriority }).ioPriority, (2 << 13) | 6);
  assert.equal(processWith({ ioPriority: { class: 'IOPRIO_CLASS_IDLE' } }).ioPriority, 3 << 13);
});

test('a scheduler is numbers, and what is left out is none', () => {
  const scheduler = {
    policy: 'SCHED_DEADLINE',
    flags: ['SCHED_FLAG_RESET_ON_FORK', 'SCHED_FLAG_RECLAIM'],
    runtime: 10_000_000,
    deadline: 30_000_000,
    period: 40_000_000,
  };
  assert.deepEqual(processWith({ scheduler }).scheduler, {
    policy: 6,
    flags: 3,
    nice: 0,
    priority: 0,
    runtime: 10_000_000,
    deadline: 30_000_000,
    period: 40_000_000,
  });
});

test('a personality is its number', () => {
  assert.equal(specWith({ linux: { personality: { domain: 'LINUX' } } }).linux.personality, 0);
  assert.equal(specWith({ linux: { personality: { domain: 'LINUX32' } } }).linux.personality, 8);
});

const refused: readonly [what: string, process: object][] = [
  ['ioPriority.class', { ioPriority: { class: 'IOPRIO_CLASS_NONE' } }],
  ['ioPriority.priority', { ioPriority: { class: 'IOPRIO_CLASS_RT', priority: 8 } }],
  ['scheduler.policy', { scheduler: { policy: 'SCHED_FAIR' } }],
  ['scheduler.nice', { scheduler: { policy: 'SCHED_OTHER', nice: 20 } }],
  ['scheduler.flags.0', { scheduler: { policy: 'SCHED_OTHER', flags: ['SCHED_FLAG_FAST'] } }],
];
for (const [what, process] of refused) {
  test(`a ${what} that there is not is refused by its name`, () => {
    assert.throws(() => processWith(process), { message: new RegExp(`process\\.${what}: `) });
  });
}

test('a personality with flags is refused', () => {
  const personality = { domain: 'LINUX', flags: ['ADDR_NO_RANDOMIZE'] };
  assert.throws(() => specWith({ linux: { personality } }), {
    message: /linux\.personality\.flags: must be empty: no flags are defined/,
  });
});
