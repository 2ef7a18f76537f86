import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { parseProcessLimits } from '../../../src/oci/rlimits.ts';
import { randomTexts } from '../../support/random-text.ts';

test('the limits of a process are read as proc(5) has them', () => {
  const text = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max cpu time              unlimited            unlimited            seconds   ',
    'Max stack size            8388608              unlimited            bytes     ',
    'Max processes             96365                96365                processes ',
    'Max open files            20000                1073741816           files     ',
    'Max nice priority         0                    0                    ',
    'Max of the future         1                    1                    things    ',
    '',
  ].join('\n');
  const unlimited = 2 ** 64;
  assert.deepEqual(parseProcessLimits(text), [
    { type: 'RLIMIT_CPU', soft: unlimited, hard: unlimited },
    { type: 'RLIMIT_STACK', soft: 8_388_608, hard: unlimited },
    { type: 'RLIMIT_NPROC', soft: 96_365, hard: 96_365 },
    // As many as the guest's kernel lets a process have.
    { type: 'RLIMIT_NOFILE', soft: 20_000, hard: 1_048_576 },
    { type: 'RLIMIT_NICE', soft: 0, hard: 0 },
  ]);
});

test('this kernel shows all of them', () => {
  assert.equal(parseProcessLimits(readFileSync('/proc/self/limits', 'utf8')).length, 16);
});

test('no text of another form is a limit', (t) => {
  for (const text of randomTexts(t, { count: 1000, maximumLength: 30 })) {
    assert.deepEqual(parseProcessLimits(text), []);
  }
});
