import assert from 'node:assert/strict';
import { readlink, rm, symlink } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, startTimeOf } from '../support/created-container.ts';
import { waitUntil } from '../support/wait-until.ts';

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
    const { dom0, status } = await makeCreated(t);
    const held = dom0.path('root/web/lock');
    await symlink(`${process.pid} ${await startTimeOf(process.pid)}`, held);
    const start = dom0.startRunx(['start', 'web']);
    await setTimeout(500);
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
    const { dom0, monitor } = await makeCreated(t);
    const held = dom0.path('root/web/lock');
    await symlink(`${process.pid} ${await startTimeOf(process.pid)}`, held);
    const start = dom0.startRunx(['start', 'web']);
    await setTimeout(500);
    process.kill(monitor, 'SIGKILL');
    await rm(dom0.path('root/web'), { recursive: true, maxRetries: 10 });
    assertFails(await start.result, 'container does not exist');
  });
});
