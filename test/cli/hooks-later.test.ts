import assert from 'node:assert/strict';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertNothingIsLeft } from '../support/assert-nothing-is-left.ts';
import { assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeStopped } from '../support/created-container.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { hooksRun, makeHook, makeHooks } from '../support/hooks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('a poststart hook that fails', { concurrency: 4 }, () => {
  test('is an error of start, and the container is over before it returns', async (t) => {
    const { dom0, status } = await makeCreated(t, {
      hooks: { poststart: [{ path: '/bin/false' }] },
    });
    const result = await dom0.runx(['start', 'web']);
    assert.deepEqual(dom0.monitors(), []);
    const stderr = result.stderr.trimEnd();
    assert.equal(stderr, 'runx: error running poststart hook #0: exit status 1, stdout: , stderr:');
    assert.equal(result.exitCode, 1);
    assert.equal(await status(), 'stopped');
    assertSilent(await dom0.runx(['delete', 'web']));
    assertNothingIsLeft(dom0);
  });

  test('in run leaves nothing, and poststop hooks run', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const hooks = { ...makeHooks(dom0), poststart: [{ path: '/bin/false' }] };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    const { exitCode } = await dom0.runx(['run', '--bundle', bundle, 'web']);
    assert.equal(exitCode, 1);
    assert.deepEqual(hooksRun(dom0), ['prestart', 'createRuntime', 'createContainer', 'poststop']);
    assertNothingIsLeft(dom0);
  });
});

// A hook that notes that it has run.
const poststop = (dom0: FakeDom0): object => ({ poststop: [makeHook(dom0, 'poststop')] });

describe('poststop hooks', { concurrency: 4 }, () => {
  test('run after the container is gone, from config.json as it was', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const script = `ls -A '${dom0.root}' > '${dom0.path('left')}'; pwd > '${dom0.path('pwd')}'`;
    const hooks = { poststop: [makeHook(dom0, 'poststop', script)] };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    const saved = dom0.path('root/web/config.json');
    assert.equal((await stat(saved)).mode & 0o777, 0o600);
    assert.equal(
      await readFile(saved, 'utf8'),
      await readFile(dom0.path('bundle/config.json'), 'utf8'),
    );
    await rm(bundle, { recursive: true });
    assertSilent(await dom0.runx(['delete', 'web']));
    assert.deepEqual(hooksRun(dom0), ['poststop']);
    assert.equal(await readFile(dom0.path('left'), 'utf8'), '');
    assert.equal(await readFile(dom0.path('pwd'), 'utf8'), '/\n');
  });

  test('all run; one that fails is warned of, and delete succeeds', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const hooks = {
      poststop: [makeHook(dom0, 'one', 'echo no >&2; exit 1'), makeHook(dom0, 'two')],
    };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    assert.deepEqual(await dom0.runx(['delete', 'web']), {
      exitCode: 0,
      signal: null,
      stdout: '',
      stderr: 'runx: warn: error running poststop hook #0: exit status 1, stdout: , stderr: no\n',
    });
    assert.deepEqual(hooksRun(dom0), ['one', 'two']);
  });

  test('run once for two deletes at once, one of which finds nothing', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const container = await dom0.makeBundle('bundle', { hooks: poststop(dom0) });
    assertSilent(await dom0.runx(['create', '--bundle', container, 'web']));
    const results = await Promise.all([dom0.runx(['delete', 'web']), dom0.runx(['delete', 'web'])]);
    assert.deepEqual(results.map(({ stderr }) => stderr).toSorted(), [
      '',
      'runx: container does not exist\n',
    ]);
    assert.deepEqual(hooksRun(dom0), ['poststop']);
  });

  test('run when a foreground run deletes its container', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('container-exit-code', '4');
    const bundle = await dom0.makeBundle('bundle', { hooks: makeHooks(dom0) });
    const { exitCode } = await dom0.runx(['run', '--bundle', bundle, 'web']);
    assert.equal(exitCode, 4);
    assert.deepEqual(hooksRun(dom0), [
      'prestart',
      'createRuntime',
      'createContainer',
      'poststart',
      'poststop',
    ]);
  });

  test('run for a create that was killed once its hooks had begun', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const gate = await dom0.makeGate('create');
    const bundle = await dom0.makeBundle('bundle', { hooks: makeHooks(dom0) });
    const killed = dom0.startRunx(['create', '--bundle', bundle, 'web']);
    await gate.reached();
    killed.process.kill('SIGKILL');
    await killed.result;
    await gate.open();
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.equal(hooksRun(dom0).at(-1), 'poststop');
    assertNothingIsLeft(dom0);
  });

  test('are left out, with a warning, when the saved config.json is damaged', async (t) => {
    const hooks = { poststop: [{ path: '/bin/true' }] };
    const { dom0 } = await makeStopped(t, { hooks });
    await writeFile(dom0.path('root/web/config.json'), '{"ociVersion"');
    const { exitCode, stderr } = await dom0.runx(['delete', 'web']);
    assert.equal(exitCode, 0);
    assert.match(
      stderr,
      /^runx: warn: \S+\/config.json is not JSON: .*; the poststop hooks of web are not run\n$/,
    );
    assertNothingIsLeft(dom0);
  });

  test('do not run for kill', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle', { hooks: poststop(dom0) });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    assertSilent(await dom0.runx(['kill', 'web', 'KILL']));
    await waitUntil("the monitor's end", () => dom0.monitors().length === 0);
    assert.deepEqual(hooksRun(dom0), []);
  });
});

test('a container without a saved config.json starts and goes all the same', async (t) => {
  const container = await makeCreated(t);
  await rm(container.dom0.path('root/web/config.json'));
  assertSilent(await container.dom0.runx(['start', 'web']));
  assertSilent(await container.dom0.runx(['delete', '--force', 'web']));
  assertNothingIsLeft(container.dom0);
});
