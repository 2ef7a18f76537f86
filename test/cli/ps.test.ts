import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertPrints } from '../support/assert-result.ts';
import { makeRunning, makeStopped, startTimeOf } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx ps', { concurrency: 4 }, () => {
  const env = { PATH: process.env['PATH'] ?? '' };

  test('as JSON is the pid of the monitor', async (t) => {
    const { dom0, monitor } = await makeRunning(t);
    for (const args of [
      ['ps', '--format', 'json', 'web'],
      ['ps', '-f=json', 'web'],
    ]) {
      assertPrints(await dom0.runx(args), `[${monitor}]\n`);
    }
  });

  test('has the live processes of exec, and none that only has the pid of one', async (t) => {
    const { dom0, monitor } = await makeRunning(t);
    await mkdir(dom0.path('root/web/exec'));
    const write = (name: string | number, text: string): Promise<void> =>
      writeFile(dom0.path('root/web/exec', String(name)), text);
    await write(process.pid, await startTimeOf(process.pid));
    await write(process.ppid, '1');
    await write('4999999', '1');
    await write('other.new', await startTimeOf(process.pid));
    assertPrints(
      await dom0.runx(['ps', '--format', 'json', 'web']),
      `[${monitor},${process.pid}]\n`,
    );
  });

  test('as a table is what ps -ef has of them', async (t) => {
    const { dom0, monitor } = await makeRunning(t);
    const { exitCode, stdout, stderr } = await dom0.runx(['ps', 'web'], { env });
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    const [title = '', line = '', ...rest] = stdout.split('\n');
    assert.match(title, /^UID +PID +PPID /);
    assert.equal(line.split(/ +/)[1], String(monitor));
    assert.deepEqual(rest, ['']);
  });

  test('passes on the arguments of ps', async (t) => {
    const { dom0, monitor } = await makeRunning(t);
    const { stdout } = await dom0.runx(['ps', 'web', '-e', '-o', 'pid,stat'], { env });
    assert.match(stdout, new RegExp(`^ +PID STAT\n *${monitor} \\S+\n$`));
  });

  test('with arguments that ps refuses says why', async (t) => {
    const { dom0 } = await makeRunning(t);
    const { exitCode, stderr } = await dom0.runx(['ps', 'web', '--frobnicate'], { env });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: ps --frobnicate failed with exit code 1: [^\n]+\n$/);
  });

  test('of a stopped or unknown container is an error', async (t) => {
    const { dom0 } = await makeStopped(t);
    assertFails(await dom0.runx(['ps', 'web']), 'container not running');
    assertFails(await dom0.runx(['ps', 'other']), 'container does not exist');
  });

  test('of no id is an error', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const { stderr } = await dom0.runx(['ps']);
    assert.match(stderr, /^runx: Not enough non-option arguments/);
  });
});
