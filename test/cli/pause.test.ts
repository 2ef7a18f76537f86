import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx pause and resume', { concurrency: 4 }, () => {
  test('pause and unpause the domain; the status is paused between', async (t) => {
    const { dom0, domain, status, xlCallsSince } = await makeRunning(t);
    assertSilent(await dom0.runx(['pause', 'web']));
    assert.equal(await status(), 'paused');
    assert.match((await dom0.runx(['list'])).stdout, /^web +\d+ +paused /m);
    assertSilent(await dom0.runx(['resume', 'web']));
    assert.equal(await status(), 'running');
    assert.deepEqual(xlCallsSince(), [
      ['pause', domain],
      ['unpause', domain],
    ]);
  });

  test('pause of a container that does not run is an error, and xl is not called', async (t) => {
    for (const make of [makeCreated, makeStopped]) {
      const { dom0, status, xlCallsSince } = await make(t);
      const before = await status();
      assertFails(await dom0.runx(['pause', 'web']), 'container not running');
      assertFails(await dom0.runx(['resume', 'web']), 'container not paused');
      assert.deepEqual([xlCallsSince(), await status()], [[], before]);
    }
  });

  test('pause of a paused container and resume of a running one are errors', async (t) => {
    const { dom0, xlCallsSince } = await makeRunning(t);
    assertFails(await dom0.runx(['resume', 'web']), 'container not paused');
    assertSilent(await dom0.runx(['pause', 'web']));
    assertFails(await dom0.runx(['pause', 'web']), 'container not running');
    assert.deepEqual(xlCallsSince().length, 1);
  });

  test('an unknown id is an error', async (t) => {
    const dom0 = await makeFakeDom0(t);
    for (const command of ['pause', 'resume']) {
      assertFails(await dom0.runx([command, 'web']), 'container does not exist');
    }
  });

  test('a pause that fails leaves a running container', async (t) => {
    const { dom0, status } = await makeRunning(t);
    await dom0.plan('pause.stderr', 'libxl: error\n');
    assertFails(
      await dom0.runx(['pause', 'web']),
      `${dom0.xl} pause failed with exit code 3: libxl: error`,
    );
    assert.equal(await status(), 'running');
    await rm(dom0.path('plan/pause.stderr'));
    assertSilent(await dom0.runx(['pause', 'web']));
  });

  test('of four callers at once one pauses, of four one resumes', async (t) => {
    const { dom0, status, xlCallsSince } = await makeRunning(t);
    for (const [command, after] of [
      ['pause', 'paused'],
      ['resume', 'running'],
    ] as const) {
      const results = await Promise.all([1, 2, 3, 4].map(() => dom0.runx([command, 'web'])));
      assert.equal(results.filter(({ exitCode }) => exitCode === 0).length, 1, command);
      assert.equal(await status(), after);
    }
    assert.deepEqual(
      xlCallsSince().map(([name]) => name),
      ['pause', 'unpause'],
    );
  });

  test('a pause that was cut short is undone by resume', async (t) => {
    const { dom0, status } = await makeRunning(t);
    const gate = await dom0.makeGate('pause');
    const cut = dom0.startRunx(['pause', 'web']);
    await gate.reached();
    cut.process.kill('SIGKILL');
    await cut.result;
    await gate.open();
    assert.equal(await status(), 'paused');
    assertSilent(await dom0.runx(['resume', 'web']));
    assert.equal(await status(), 'running');
    assertSilent(await dom0.runx(['pause', 'web']));
  });
});

describe('a paused container', { concurrency: 4 }, () => {
  test('is refused by start and delete', async (t) => {
    const { dom0, status } = await makeRunning(t);
    assertSilent(await dom0.runx(['pause', 'web']));
    assertFails(await dom0.runx(['start', 'web']), 'cannot start a container in the paused state');
    assertFails(
      await dom0.runx(['delete', 'web']),
      'cannot delete container web that is not stopped: paused',
    );
    assert.equal(await status(), 'paused');
  });

  test('is deleted by force', async (t) => {
    const { dom0 } = await makeRunning(t);
    assertSilent(await dom0.runx(['pause', 'web']));
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.deepEqual([dom0.domains(), dom0.containers()], [[], []]);
  });

  test('is destroyed by KILL; another signal waits in the guest', async (t) => {
    const { dom0, status, waitForEnd, xlCallsSince } = await makeRunning(t);
    assertSilent(await dom0.runx(['pause', 'web']));
    assertSilent(await dom0.runx(['kill', 'web', 'TERM']));
    await dom0.told('start', 'signal 15');
    assert.equal(await status(), 'paused');
    assertSilent(await dom0.runx(['kill', 'web', 'KILL']));
    await waitForEnd();
    assert.deepEqual(xlCallsSince().slice(1), []);
    assert.equal(await status(), 'stopped');
    assertFails(await dom0.runx(['resume', 'web']), 'container not paused');
  });
});
