import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx start', { concurrency: 4 }, () => {
  test('unpauses the domain by its name', async (t) => {
    const { dom0, domain, status, xlCallsSince } = await makeCreated(t);
    assertSilent(await dom0.runx(['start', 'web']));
    assert.deepEqual(xlCallsSince(), [['unpause', domain]]);
    assert.equal(await status(), 'running');
  });

  test('refuses a running container', async (t) => {
    const { dom0, status, xlCallsSince } = await makeRunning(t);
    assertFails(await dom0.runx(['start', 'web']), 'cannot start an already running container');
    assert.deepEqual(xlCallsSince(), []);
    assert.equal(await status(), 'running');
  });

  test('is won by one of two callers', async (t) => {
    const { dom0, domain, xlCallsSince } = await makeCreated(t);
    const results = await Promise.all([dom0.runx(['start', 'web']), dom0.runx(['start', 'web'])]);
    assert.deepEqual(results.map(({ stderr }) => stderr).toSorted(), [
      '',
      'runx: cannot start an already running container\n',
    ]);
    assert.deepEqual(xlCallsSince(), [['unpause', domain]]);
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

  test('of a container whose domain has gone meanwhile is a start of a stopped one', async (t) => {
    const { dom0, domain } = await makeCreated(t);
    const gate = await dom0.makeGate('unpause');
    const start = dom0.startRunx(['start', 'web']);
    await gate.reached();
    assertSilent(await dom0.runx(['kill', 'web', 'KILL']));
    await gate.open();
    assertFails(await start.result, 'cannot start a container that has stopped');
    assert.deepEqual(dom0.domains(), [], domain);
  });

  test('that was killed in the middle can be repeated, once', async (t) => {
    const { dom0, status, xlCallsSince } = await makeCreated(t);
    const gate = await dom0.makeGate('unpause');
    const start = dom0.startRunx(['start', 'web']);
    await gate.reached();
    start.process.kill('SIGKILL');
    await start.result;
    await gate.open();
    assertSilent(await dom0.runx(['start', 'web']));
    assert.equal(await status(), 'running');
    assert.equal(xlCallsSince().length, 2);
    assertFails(await dom0.runx(['start', 'web']), 'cannot start an already running container');
  });

  test('that fails says why, and the container is over before it returns', async (t) => {
    const { dom0, status } = await makeCreated(t);
    await dom0.plan('unpause.stderr', 'libxl: error: domain is gone\n');
    const result = await dom0.runx(['start', 'web']);
    assert.deepEqual(dom0.monitors(), []);
    assertFails(result, `${dom0.xl} unpause failed with exit code 3: libxl: error: domain is gone`);
    assert.equal(await status(), 'stopped');
  });
});
