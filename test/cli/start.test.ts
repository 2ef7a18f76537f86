import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx start', { concurrency: 4 }, () => {
  test('tells the monitor so, and starts no program', async (t) => {
    const { dom0, status, xlCallsSince } = await makeCreated(t);
    assertSilent(await dom0.runx(['start', 'web']));
    await dom0.told('start');
    assert.deepEqual(xlCallsSince(), []);
    assert.equal(dom0.monitorCalls().length, 1);
    assert.equal(await status(), 'running');
  });

  test('refuses a running container', async (t) => {
    const { dom0, status, xlCallsSince } = await makeRunning(t);
    assertFails(await dom0.runx(['start', 'web']), 'cannot start an already running container');
    assert.deepEqual(xlCallsSince(), []);
    assert.equal(await status(), 'running');
  });

  test('is won by one of two callers', async (t) => {
    const { dom0 } = await makeCreated(t);
    const results = await Promise.all([dom0.runx(['start', 'web']), dom0.runx(['start', 'web'])]);
    assert.deepEqual(results.map(({ stderr }) => stderr).toSorted(), [
      '',
      'runx: cannot start an already running container\n',
    ]);
    await dom0.told('start');
  });

  test('refuses a stopped container', async (t) => {
    const { dom0 } = await makeStopped(t);
    assertFails(await dom0.runx(['start', 'web']), 'cannot start a container that has stopped');
  });

  test('refuses an unknown id', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertFails(await dom0.runx(['start', 'web']), 'container does not exist');
    assert.deepEqual(dom0.containers(), []);
  });

  test('of a container whose monitor ends meanwhile is a start of a stopped one', async (t) => {
    const { dom0 } = await makeCreated(t);
    await rm(dom0.path('root/web/control'));
    assertFails(await dom0.runx(['start', 'web']), 'cannot start a container that has stopped');
    assert.deepEqual(dom0.monitors(), []);
  });

  test('that was killed in the middle can be repeated, once', async (t) => {
    const { dom0, status } = await makeCreated(t);
    await writeFile(dom0.path('root/web/started'), '');
    assert.equal(await status(), 'running');
    assertSilent(await dom0.runx(['start', 'web']));
    await dom0.told('start');
    assertFails(await dom0.runx(['start', 'web']), 'cannot start an already running container');
  });

  test('that fails says why, and the container is over before it returns', async (t) => {
    const { dom0, status } = await makeCreated(t);
    const fifo = dom0.path('root/web/control');
    await rm(fifo);
    await mkdir(fifo);
    const result = await dom0.runx(['start', 'web']);
    assert.deepEqual(dom0.monitors(), []);
    assertFails(result, `${fifo}: EISDIR: illegal operation on a directory, open '${fifo}'`);
    assert.equal(await status(), 'stopped');
  });
});
