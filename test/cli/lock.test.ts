import assert from 'node:assert/strict';
import { readlink, rm, symlink } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, startTimeOf } from '../support/created-container.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A created container whose lock this process holds, and a start that has come to wait for it. */
const startWhileLocked = async (t: TestContext) => {
  const container = await makeCreated(t);
  const { dom0 } = container;
  const held = dom0.path('root/web/lock');
  await symlink(`${process.pid} ${await startTimeOf(process.pid)}`, held);
  const log = dom0.path('log');
  const start = dom0.startRunx(['--debug', '--log', log, 'start', 'web']);
  await waitUntil('the start', () =>
    dom0.lines('log').some((line) => line.includes('loading runx')),
  );
  return { ...container, held, start };
};

describe('the lock of a container', { concurrency: 4 }, () => {
  test('is not there when nobody changes the container', async (t) => {
    const { dom0 } = await makeRunning(t);
    await assert.rejects(readlink(dom0.path('root/web/lock')), { code: 'ENOENT' });
  });

  test('of a process that has ended is void', async (t) => {
    const { dom0, status } = await makeCreated(t);
    await symlink(`${process.pid} 1`, dom0.path('root/web/lock'));
    assertSilent(await dom0.runx(['start', 'web']));
    assert.equal(await status(), 'running');
    await assert.rejects(readlink(dom0.path('root/web/lock')), { code: 'ENOENT' });
  });

  test('of a process that lives is waited for', async (t) => {
    const { status, held, start } = await startWhileLocked(t);
    // A whole call of runx, so that the start has had its time.
    assert.equal(await status(), 'created');
    await rm(held);
    assertSilent(await start.result);
    assert.equal(await status(), 'running');
  });

  test('is taken by one at a time where many find one that is void', async (t) => {
    const { dom0 } = await makeCreated(t);
    await symlink(`${process.pid} 1`, dom0.path('root/web/lock'));
    const results = await Promise.all([1, 2, 3, 4].map(() => dom0.runx(['start', 'web'])));
    const codes = results.map(({ exitCode }) => String(exitCode)).toSorted();
    assert.deepEqual(codes, ['0', '1', '1', '1']);
    await waitUntil('the word', () => dom0.lines('told').length > 0);
    assert.deepEqual(dom0.lines('told'), ['start']);
  });

  test('keeps nobody waiting for a container that is deleted meanwhile', async (t) => {
    const { dom0, monitor, start } = await startWhileLocked(t);
    process.kill(monitor, 'SIGKILL');
    await rm(dom0.path('root/web'), { recursive: true, maxRetries: 10 });
    assertFails(await start.result, 'container does not exist');
  });
});
