import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';

import { assertNothingIsLeft } from '../support/assert-nothing-is-left.ts';
import { assertFails, assertPrints, assertSilent } from '../support/assert-result.ts';
import { makeCreated } from '../support/created-container.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import type { RunningCli } from '../support/run-cli.ts';
import { minimalSpec } from '../support/spec.ts';
import { waitUntil } from '../support/wait-until.ts';

// A container whose process ends at once, with this code.
const makeEnding = async (t: TestContext, exitCode: number) => {
  const dom0 = await makeFakeDom0(t);
  await dom0.plan('container-exit-code', String(exitCode));
  return { dom0, bundle: await dom0.makeBundle('bundle') };
};

// A run in the foreground whose process has started and lives on.
const makeForeground = async (t: TestContext): Promise<{ dom0: FakeDom0; run: RunningCli }> => {
  const dom0 = await makeFakeDom0(t);
  const run = dom0.startRunx(['run', '--bundle', await dom0.makeBundle('bundle'), 'web']);
  await waitUntil('the start', () => dom0.lines('told').includes('start'));
  return { dom0, run };
};

describe('runx run', { concurrency: 4 }, () => {
  for (const exitCode of [0, 7, 255]) {
    test(`exits with the process's own ${exitCode}, and leaves nothing`, async (t) => {
      const { dom0, bundle } = await makeEnding(t, exitCode);
      const result = await dom0.runx(['run', '--bundle', bundle, 'web']);
      assert.deepEqual(result, { exitCode, signal: null, stdout: '', stderr: '' });
      assertNothingIsLeft(dom0);
    });
  }

  test('prints what the process prints, on both streams, and nothing else', async (t) => {
    const { dom0, bundle } = await makeEnding(t, 0);
    await dom0.plan('container-stdout', 'to stdout, no newline');
    await dom0.plan('container-stderr', 'to stderr\n');
    const { stdout, stderr } = await dom0.runx(['run', '--bundle', bundle, 'web']);
    assert.deepEqual(
      { stdout, stderr },
      { stdout: 'to stdout, no newline', stderr: 'to stderr\n' },
    );
  });

  test('waits for a monitor that takes its time to end', async (t) => {
    const { dom0, bundle } = await makeEnding(t, 7);
    await dom0.plan('monitor-lingers-ms', '300');
    const result = await dom0.runx(['run', '--bundle', bundle, 'web']);
    assert.deepEqual(result, { exitCode: 7, signal: null, stdout: '', stderr: '' });
    assertNothingIsLeft(dom0);
  });

  test('--keep leaves the stopped container', async (t) => {
    const { dom0, bundle } = await makeEnding(t, 3);
    const { exitCode } = await dom0.runx(['run', '--keep', '--bundle', bundle, 'web']);
    assert.equal(exitCode, 3);
    const { status }: { status: string } = JSON.parse((await dom0.runx(['state', 'web'])).stdout);
    assert.equal(status, 'stopped');
    assertSilent(await dom0.runx(['delete', 'web']));
    assertNothingIsLeft(dom0);
  });

  test('gives a terminal to the monitor without a console socket', async (t) => {
    const { dom0 } = await makeEnding(t, 0);
    const bundle = await dom0.makeBundle('bundle', {
      process: { ...minimalSpec.process, terminal: true },
    });
    assertSilent(await dom0.runx(['run', '--bundle', bundle, 'web']));
    assert.deepEqual(dom0.monitorCalls()[0]?.slice(5, 6), ['--terminal']);
  });

  test('has no use for a console socket in the foreground', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle', {
      process: { ...minimalSpec.process, terminal: true },
    });
    assertFails(
      await dom0.runx(['run', '--bundle', bundle, '--console-socket', '/s', 'web']),
      'cannot use console socket if runx will not detach or allocate tty',
    );
    assertNothingIsLeft(dom0);
  });

  test('writes the pid file', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const pidFile = dom0.path('pid');
    const args = ['run', '-d', '--bundle', bundle, '--pid-file', pidFile, 'web'];
    assertSilent(await dom0.runx(args));
    assert.deepEqual([await readFile(pidFile, 'utf8')], dom0.monitors().map(String));
  });

  test('--detach returns while the container runs', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    assertSilent(await dom0.runx(['run', '--detach', '--bundle', bundle, 'web']));
    const { status }: { status: string } = JSON.parse((await dom0.runx(['state', 'web'])).stdout);
    assert.equal(status, 'running');
    assert.equal(dom0.monitors().length, 1);
  });

  test('that cannot start says why and leaves nothing', async (t) => {
    const { dom0, bundle } = await makeEnding(t, 0);
    await dom0.plan('monitor-error', 'no');
    assertFails(await dom0.runx(['run', '--bundle', bundle, 'web']), 'no');
    assertNothingIsLeft(dom0);
  });

  test('leaves a container with the same id untouched', async (t) => {
    const { dom0, bundle, monitor, status } = await makeCreated(t);
    assertFails(
      await dom0.runx(['run', '--bundle', bundle, 'web']),
      'container with given ID already exists',
    );
    assert.deepEqual(dom0.monitors(), [monitor]);
    assert.equal(await status(), 'created');
  });
});

describe('runx run in the foreground', { concurrency: 4 }, () => {
  test('passes signals on to the monitor, and lives on itself', async (t) => {
    const { dom0, run } = await makeForeground(t);
    const signals: readonly NodeJS.Signals[] = [
      'SIGHUP',
      'SIGINT',
      'SIGQUIT',
      'SIGTERM',
      'SIGUSR1',
      'SIGUSR2',
      'SIGWINCH',
    ];
    for (const signal of signals) {
      run.process.kill(signal);
      await waitUntil(`${signal} at the monitor`, () => dom0.lines('signals').includes(signal));
    }
    assert.deepEqual(dom0.lines('signals'), signals);
    await dom0.plan('container-exit-code', '143');
    assert.equal((await run.result).exitCode, 143);
    assertNothingIsLeft(dom0);
  });

  test('that is interrupted during create says so and leaves nothing', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const gate = await dom0.makeGate('create');
    const run = dom0.startRunx(['run', '--bundle', await dom0.makeBundle('bundle'), 'web']);
    await gate.reached();
    run.process.kill('SIGTERM');
    await gate.open();
    assertFails(await run.result, 'interrupted by SIGTERM while creating web');
    assertNothingIsLeft(dom0);
  });

  test('exits with 137 when the container is killed', async (t) => {
    const { dom0, run } = await makeForeground(t);
    assertSilent(await dom0.runx(['kill', 'web', 'KILL']));
    assert.equal((await run.result).exitCode, 137);
    assertNothingIsLeft(dom0);
  });

  test('whose monitor is killed says 137, and leaves nothing', async (t) => {
    const { dom0, run } = await makeForeground(t);
    const [monitor = 0] = dom0.monitors();
    process.kill(monitor, 'SIGKILL');
    assert.equal((await run.result).exitCode, 137);
    assert.deepEqual(dom0.containers(), []);
  });

  test('that is killed leaves its container running', async (t) => {
    const { dom0, run } = await makeForeground(t);
    run.process.kill('SIGKILL');
    await run.result;
    const { stdout } = await dom0.runx(['state', 'web']);
    assert.match(stdout, /"status": "running"/);
    assertPrints(await dom0.runx(['kill', 'web', 'TERM']), '');
    await dom0.told('start', 'signal 15');
  });
});
