import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeFailure } from '../../../src/container/hooks.ts';
import type { GroupResult } from '../../../src/process.ts';

const hook = { path: '/bin/hook', args: [], env: [], timeout: 2 };
const silent = { stdout: '', stderr: '' };

const failures: readonly [result: GroupResult, words: string | undefined][] = [
  [{ ...silent, exitCode: 0 }, undefined],
  [
    { stdout: 'out\n', stderr: 'one\ntwo\n', exitCode: 3 },
    'exit status 3, stdout: out, stderr: one\ntwo',
  ],
  [{ ...silent, signal: 'SIGKILL' }, 'signal: SIGKILL, stdout: , stderr: '],
  [{ ...silent, timedOut: true }, 'hook ran past specified timeout of 2.0s'],
  [
    { ...silent, refusal: 'no such file or directory' },
    'fork/exec /bin/hook: no such file or directory',
  ],
];
for (const [result, words] of failures) {
  test(`a hook that ends with ${JSON.stringify(result)}: ${words ?? 'did not fail'}`, () => {
    assert.equal(describeFailure(hook, result), words);
  });
}
