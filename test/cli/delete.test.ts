import assert from 'node:assert/strict';
import { mkdir, rename } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { assertNothingIsLeft } from '../support/assert-nothing-is-left.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx delete', { concurrency: 4 }, () => {
  test('removes a stopped container', async (t) => {
    const container = await makeStopped(t);
    const { dom0, xlCallsSince } = container;
    assertSilent(await dom0.runx(['delete', 'web']));
    assertNothingIsLeft(container.dom0);
    assert.deepEqual(xlCallsSince(), []);
  });

  test('removes a created container, and its domain', async (t) => {
    const container = await makeCreated(t);
    const { dom0, xlCallsSince } = container;
    assertSilent(await dom0.runx(['delete', 'web']));
    assertNothingIsLeft(container.dom0);
    await dom0.told('destroy 9');
    assert.deepEqual(xlCallsSince(), []);
  });

  test('refuses a running container and leaves it running', async (t) => {
    const { dom0, monitor, status, xlCallsSince } = await makeRunning(t);
    assertFails(
      await dom0.runx(['delete', 'web']),
      'cannot delete container web that is not stopped: running',
    );
    assert.deepEqual(xlCallsSince(), []);
    assert.deepEqual(dom0.monitors(), [monitor]);
    assert.equal(await status(), 'running');
  });

  for (const args of [
    ['delete', '--force', 'web'],
    ['delete', 'web', '--force'],
    ['delete', '-f', 'web'],
  ]) {
    test(`${args.join(' ')} removes a running container`, async (t) => {
      const container = await makeRunning(t);
      const { dom0, xlCallsSince } = container;
      assertSilent(await dom0.runx(args));
      assertNothingIsLeft(container.dom0);
      await dom0.told('start', 'destroy 9');
      assert.deepEqual(xlCallsSince(), []);
    });
  }

  test('refuses an unknown id', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertFails(await dom0.runx(['delete', 'web']), 'container does not exist');
    assert.deepEqual(dom0.xlCalls(), []);
  });

  test('--force of an unknown id is no error', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.deepEqual(dom0.xlCalls(), []);
  });

  test('removes the domain that a killed monitor left', async (t) => {
    const container = await makeRunning(t);
    const { dom0, domain, monitor, status, waitForEnd, xlCallsSince } = container;
    process.kill(monitor, 'SIGKILL');
    await waitForEnd();
    assert.equal(await status(), 'stopped');
    assertSilent(await dom0.runx(['delete', 'web']));
    assertNothingIsLeft(container.dom0);
    assert.deepEqual(xlCallsSince().at(-1), ['destroy', domain]);
  });

  test('keeps the state of a container whose domain will not go', async (t) => {
    const { dom0, monitor, waitForEnd } = await makeCreated(t);
    process.kill(monitor, 'SIGKILL');
    await waitForEnd();
    await dom0.plan('destroy.stderr', 'libxl: error: timed out\n');
    assertFails(
      await dom0.runx(['delete', 'web']),
      `${dom0.xl} destroy failed with exit code 3: libxl: error: timed out`,
    );
    assert.deepEqual(dom0.containers(), ['web']);
  });

  test('that was interrupted while it removed the directory is finished by gc', async (t) => {
    const { dom0 } = await makeStopped(t);
    await rename(dom0.path('root/web'), dom0.path('root/@removed-1-2'));
    assert.equal((await dom0.runx(['list', '-q'])).stdout, '');
    const { stdout } = await dom0.runx(['gc']);
    assert.equal(stdout, `removed ${dom0.path('root/@removed-1-2')}\n`);
    assert.ok(!dom0.exists('root/@removed-1-2'));
  });

  test('does not leave the root', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await mkdir(dom0.path('keep'));
    const { exitCode, stderr } = await dom0.runx(['delete', '--force', '../keep']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: invalid container id "..\/keep": /);
    assert.ok(dom0.exists('keep'));
  });
});
