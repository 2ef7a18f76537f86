import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';

import { ToolError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { type RunOptions, run, runInGroup, runLines, startDetached } from '../../src/process.ts';
import { recordingLog } from '../support/recording-log.ts';
import { waitUntil } from '../support/wait-until.ts';

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

  test('has one of our descriptors for its third', async () => {
    const descriptor = openSync('/dev/null', 'r');
    const { stdout } = await shell('readlink /proc/self/fd/3', { descriptor });
    closeSync(descriptor);
    assert.equal(stdout, '/dev/null\n');
  });

  test('need not read its input', async () => {
    assert.equal((await shell('exit 0', { input: 'x'.repeat(2 ** 20) })).exitCode, 0);
  });

  test('that leaves its output open to another is waited for until its deadline', async () => {
    await assert.rejects(shell('sleep 60 & exit 0', { timeoutMs: 300 }), {
      message: '/bin/sh -c did not end within 0.3 s',
    });
  });

  test('that prints without an end is an error that says so', async () => {
    await assert.rejects(shell('head -c 70000000 /dev/zero'), {
      message: '/bin/sh -c printed more than 64 MiB',
    });
  });

  test('is logged with how it ended and its duration', async () => {
    const { log, debugs } = recordingLog();
    await shell('exit 0', { log });
    await shell('exit 3', { log, okExitCodes: [3] });
    await assert.rejects(shell('kill -9 $$', { log }));
    await assert.rejects(shell('exec sleep 60', { log, timeoutMs: 100 }));
    await assert.rejects(run('/no/program', ['-x'], { log, timeoutMs: 20_000 }));
    assert.deepEqual(
      debugs.map((line) => line.replace(/ in \d+ ms$/, ' in N ms')),
      [
        '/bin/sh -c exit 0 -> 0 in N ms',
        '/bin/sh -c exit 3 -> 3 in N ms',
        '/bin/sh -c kill -9 $$ -> SIGKILL in N ms',
        '/bin/sh -c exec sleep 60 -> timeout in N ms',
        '/no/program -x -> not executed in N ms',
      ],
    );
  });
});

const asHook = (script: string, timeoutMs = 20_000) =>
  runInGroup('/bin/sh', ['-c', script], {
    log: quiet,
    argv0: 'hook',
    env: { NAME: 'value' },
    cwd: '/',
    input: 'state',
    timeoutMs,
  });

describe('a program in a group of its own', { concurrency: 4 }, () => {
  test('has the name, environment, directory and input that it is given', async () => {
    const { stdout } = await asHook('cat; echo; echo $0 $NAME; pwd; echo $$; ps -o pgid= -p $$');
    const [input, words, directory, pid, group] = stdout.split('\n');
    assert.deepEqual([input, words, directory], ['state', 'hook value', '/']);
    assert.equal(Number(group), Number(pid));
  });

  test('has the beginnings of its output kept', async () => {
    const { stdout, stderr } = await asHook('head -c 5000 /dev/zero | tr "\\0" x; echo err >&2');
    assert.deepEqual([stdout, stderr], ['x'.repeat(4096), 'err\n']);
  });

  test('is killed with all of its group when its time is over', async () => {
    const started = performance.now();
    const { stdout, stderr, ...end } = await asHook('sleep 61.25 & echo $!; wait', 300);
    assert.deepEqual([end, stderr], [{ timedOut: true }, '']);
    assert.ok(performance.now() - started < 10_000);
    await waitUntil('the end of its child', () => !existsSync(`/proc/${stdout.trim()}`));
  });

  test('that leaves another with its output open is not waited for', async () => {
    const started = performance.now();
    const { stdout, exitCode } = await asHook('sleep 60 & echo $!');
    assert.equal(exitCode, 0);
    const took = performance.now() - started;
    assert.ok(took < 10_000, `${took} ms`);
    process.kill(Number(stdout), 'SIGKILL');
  });

  test('that cannot be executed is refused in the words of the system', async () => {
    const options = { log: quiet, argv0: 'x', env: {}, cwd: '/', input: '', timeoutMs: 20_000 };
    const refusals = [
      [await runInGroup('/no/program', [], options), 'no such file or directory'],
      [await runInGroup('/etc/passwd', [], options), 'permission denied'],
      [await runInGroup('/bin/true', ['x'.repeat(2 ** 22)], options), 'argument list too long'],
    ] as const;
    for (const [result, refusal] of refusals) {
      assert.deepEqual(result, { stdout: '', stderr: '', refusal });
    }
  });
});

const linesOf = async (script: string, timeoutMs: number, end = new AbortController()) => {
  const lines: string[] = [];
  await runLines('/bin/sh', ['-c', script], {
    log: quiet,
    signal: end.signal,
    timeoutMs,
    take: (line) => {
      lines.push(line);
      if (line === 'enough') end.abort();
    },
  });
  return lines;
};

describe('a program whose lines are watched', { concurrency: 4 }, () => {
  test('gives each of them, also the last without its end', async () => {
    assert.deepEqual(await linesOf('echo a; echo; printf b', 20_000), ['a', '', 'b']);
  });

  test('is ended by the signal, without an error', async () => {
    assert.deepEqual(await linesOf('echo enough; exec sleep 60', 20_000), ['enough']);
    const end = new AbortController();
    end.abort();
    assert.deepEqual(await linesOf('exec sleep 60', 20_000, end), []);
  });

  test('is ended when it prints nothing for too long, which is an error', async () => {
    await assert.rejects(linesOf('echo a; sleep 0.3; echo b; exec sleep 60', 2000), {
      message: '/bin/sh -c printed nothing for 2 s',
    });
  });

  test('that fails is an error that says so', async () => {
    await assert.rejects(linesOf('echo a; echo why >&2; exit 5', 20_000), {
      message: '/bin/sh -c failed with exit code 5: why',
    });
    const options = {
      log: quiet,
      signal: new AbortController().signal,
      timeoutMs: 20_000,
      take: () => {},
    };
    await assert.rejects(runLines('/no/program', ['-x'], options), {
      message: '/no/program -x was not found',
    });
  });
});

describe('a program that outlives runx', { concurrency: 4 }, () => {
  const detached = (script: string, timeoutMs = 20_000) =>
    startDetached('/bin/sh', ['-c', script], { log: quiet, timeoutMs });

  test('speaks on its descriptor 3', async () => {
    assert.equal(await text(await detached('echo pid 7 >&3; echo more >&3')), 'pid 7\nmore\n');
  });

  test('may end without a word', async () => {
    assert.equal(await text(await detached('exit 0')), '');
  });

  test('that says nothing in time is killed, and an error says so', async () => {
    const socket = await detached('exec sleep 60', 200);
    await assert.rejects(text(socket), {
      message: '/bin/sh -c did not answer within 0.2 s',
    });
  });

  test('that is not there is an error that says so', async () => {
    await assert.rejects(startDetached('/no/program', ['-x'], { log: quiet, timeoutMs: 20_000 }), {
      message: '/no/program was not found',
    });
  });
});
