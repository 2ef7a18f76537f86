import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ToolError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { type RunOptions, run } from '../../src/process.ts';

const quiet: Log = { debug: () => {}, warn: () => {}, error: () => {} };

const shell = (script: string, options: Partial<RunOptions> = {}) =>
  run('/bin/sh', ['-c', script], { log: quiet, timeoutMs: 20_000, ...options });

describe('a program that runx runs', { concurrency: 4 }, () => {
  test('gives back both its streams and its exit code', async () => {
    assert.deepEqual(await shell('echo out; echo err >&2'), {
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 0,
    });
  });

  test('has PATH and LC_ALL and nothing else of the environment', async () => {
    const { stdout } = await run('/usr/bin/env', [], { log: quiet, timeoutMs: 20_000 });
    assert.deepEqual(stdout.split('\n').toSorted(), [
      '',
      'LC_ALL=C',
      `PATH=${process.env['PATH']}`,
    ]);
  });

  test('has what it is given as input, and an end of it', async () => {
    assert.equal((await shell('cat', { input: 'a\nb' })).stdout, 'a\nb');
    assert.equal((await shell('cat')).stdout, '');
  });

  test('takes its arguments as they are', async () => {
    const args = ['%s\\n', '$HOME', 'a  b', '*', "'"];
    const { stdout } = await run('/usr/bin/printf', args, { log: quiet, timeoutMs: 20_000 });
    assert.equal(stdout, "$HOME\na  b\n*\n'\n");
  });

  test('may fail with an exit code that is an answer', async () => {
    assert.equal((await shell('exit 4', { okExitCodes: [3, 4] })).exitCode, 4);
  });

  const failures: readonly [what: string, script: string, timeoutMs: number, sentence: string][] = [
    ['fails', 'echo why >&2; exit 5', 20_000, '/bin/sh -c failed with exit code 5: why'],
    ['is killed', 'kill -9 $$', 20_000, '/bin/sh -c was ended by SIGKILL'],
    ['hangs', 'exec sleep 60', 100, '/bin/sh -c did not end within 0.1 s'],
  ];
  for (const [what, script, timeoutMs, sentence] of failures) {
    test(`that ${what} is an error that says so`, async () => {
      await assert.rejects(shell(script, { timeoutMs }), (error) => {
        assert.ok(error instanceof ToolError);
        assert.equal(error.message, sentence);
        return true;
      });
    });
  }

  test('that is not there is an error that says so', async () => {
    await assert.rejects(run('/no/program', ['-x'], { log: quiet, timeoutMs: 20_000 }), {
      message: '/no/program -x was not found',
    });
  });

  test('that may not be executed is an error that says so', async () => {
    await assert.rejects(run('/etc/passwd', [], { log: quiet, timeoutMs: 20_000 }), {
      message: '/etc/passwd could not be run (EACCES)',
    });
  });
});
