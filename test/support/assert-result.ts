import assert from 'node:assert/strict';

import type { CliResult } from './run-cli.ts';

/** The command succeeded and printed this, and nothing on standard error. */
export const assertPrints = (result: CliResult, stdout: string): void => {
  assert.deepEqual(result, { exitCode: 0, signal: null, stdout, stderr: '' });
};

/** The command succeeded with nothing to say. */
export const assertSilent = (result: CliResult): void => assertPrints(result, '');

/** The command failed with this one line, and printed no result. */
export const assertFails = (result: CliResult, sentence: string): void => {
  assert.deepEqual(result, {
    exitCode: 1,
    signal: null,
    stdout: '',
    stderr: `runx: ${sentence}\n`,
  });
};
