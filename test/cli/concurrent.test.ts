import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning } from '../support/created-container.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { isFull } from '../support/full.ts';
import { hooksRun, makeHook } from '../support/hooks.ts';
import { randomNumbers } from '../support/random-text.ts';
import { waitUntil } from '../support/wait-until.ts';

const leftIn = async (dom0: FakeDom0): Promise<object> => {
  await waitUntil('the end of what ends by itself', () => dom0.monitors().length === 0);
  return { containers: dom0.containers(), domains: dom0.domains() };
};
const nothing = { containers: [], domains: [] };

// Every line that two calls at once may end with.
const expected = new Set(
  [
    'container does not exist',
    'container web is still being created: wait for runx create',
    'container web was deleted meanwhile',
    'container not running',
    'container with given ID already exists',
    'cannot start an already running container',
    'cannot start a container that has stopped',
    'cannot delete container web that is not stopped: creating',
    'cannot delete container web that is not stopped: running',
  ].map((sentence) => `runx: ${sentence}`),
);

const assertExpected = (stderr: string): void => {
  for (const line of stderr.split('\n').filter(Boolean)) assert.ok(expected.has(line), line);
};

describe('two calls at once on one id', { concurrency: 2 }, () => {
  test('create and create: one wins, the other leaves it untouched', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const args = ['create', '--bundle', bundle, 'web'];
    const results = await Promise.all([1, 2, 3, 4].map(() => dom0.runx(args)));
    assert.deepEqual(results.map(({ stderr }) => stderr).toSorted(), [
      '',
      ...Array.from({ length: 3 }, () => 'runx: container with given ID already exists\n'),
    ]);
    assert.deepEqual([dom0.monitors().length, dom0.domains().length], [1, 1]);
  });

  test('start and start: one wins', async (t) => {
    const { dom0, status } = await makeCreated(t);
    const results = await Promise.all([1, 2, 3].map(() => dom0.runx(['start', 'web'])));
    assert.deepEqual(results.map(({ exitCode }) => String(exitCode)).toSorted(), ['0', '1', '1']);
    assert.equal(await status(), 'running');
  });

  test('delete and delete: one does it, the others find nothing', async (t) => {
    const { dom0 } = await makeCreated(t);
    const results = await Promise.all([1, 2, 3].map(() => dom0.runx(['delete', 'web'])));
    for (const { stderr } of results) assertExpected(stderr);
    assert.deepEqual(results.map(({ exitCode }) => String(exitCode)).toSorted(), ['0', '1', '1']);
    assert.deepEqual(await leftIn(dom0), nothing);
  });

  test('delete --force and delete --force: both succeed', async (t) => {
    const { dom0 } = await makeRunning(t);
    const args = ['delete', '--force', 'web'];
    for (const result of await Promise.all([1, 2, 3].map(() => dom0.runx(args)))) {
      assertSilent(result);
    }
    assert.deepEqual(await leftIn(dom0), nothing);
  });

  test('delete --force and kill: kill does it or finds nothing to kill', async (t) => {
    const { dom0 } = await makeRunning(t);
    const [forced, ...kills] = await Promise.all([
      dom0.runx(['delete', '--force', 'web']),
      dom0.runx(['kill', 'web', '9']),
      dom0.runx(['kill', '--all', 'web', '9']),
    ]);
    assertSilent(forced);
    for (const { stderr } of kills) assertExpected(stderr);
    assert.deepEqual(await leftIn(dom0), nothing);
  });
});

describe('runx delete --force while a create is under way', { concurrency: 2 }, () => {
  test('in a hook: ends the create, then removes what it made', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const hooks = {
      prestart: [makeHook(dom0, 'prestart', 'exec sleep 5')],
      poststop: [makeHook(dom0, 'poststop')],
    };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    const created = dom0.startRunx(['create', '--bundle', bundle, 'web']);
    await waitUntil('the hook', () => hooksRun(dom0).length === 1);
    const { stdout } = await dom0.runx(['state', 'web']);
    assert.match(stdout, /"status": "creating"/);
    const refused = await dom0.runx(['delete', 'web']);
    assert.equal(
      refused.stderr,
      'runx: cannot delete container web that is not stopped: creating\n',
    );
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.equal((await created.result).signal, 'SIGKILL');
    assert.deepEqual(hooksRun(dom0), ['prestart', 'poststop']);
    assert.deepEqual(await leftIn(dom0), nothing);
  });

  test('in xl create: waits for the xl that goes on, and removes its domain', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const gate = await dom0.makeGate('create');
    const bundle = await dom0.makeBundle('bundle');
    const created = dom0.startRunx(['create', '--bundle', bundle, 'web']);
    await gate.reached();
    const forced = dom0.runx(['delete', '--force', 'web']);
    assert.equal((await created.result).signal, 'SIGKILL');
    await setTimeout(100);
    await gate.open();
    assertSilent(await forced);
    assert.deepEqual(await leftIn(dom0), nothing);
  });

  test('and a new create of the id follows: it is the new container that stays', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const args = ['create', '--bundle', bundle, 'web'];
    const first = dom0.startRunx(args);
    await waitUntil('the claim', () => dom0.exists('root/web/creator'));
    const [second] = await Promise.all([
      dom0.runx(['delete', '--force', 'web']).then(() => dom0.runx(args)),
      first.result,
    ]);
    assertSilent(second);
    const { stdout } = await dom0.runx(['state', 'web']);
    assert.match(stdout, /"status": "created"/);
    await waitUntil('one monitor', () => dom0.monitors().length === 1);
    assert.equal(dom0.domains().length, 1);
  });
});

// Kills a create a moment after its start, wherever it is by then.
const cut = async (t: TestContext, dom0: FakeDom0, milliseconds: number): Promise<void> => {
  const hooks = { createRuntime: [makeHook(dom0, 'hook')] };
  const bundle = await dom0.makeBundle('bundle', { hooks });
  const created = dom0.startRunx(['create', '--bundle', bundle, 'web']);
  await setTimeout(milliseconds);
  created.process.kill('SIGKILL');
  await created.result;
  assertSilent(await dom0.runx(['delete', '--force', 'web']));
  t.diagnostic(`after ${milliseconds} ms`);
  assert.deepEqual(await leftIn(dom0), nothing);
};

test('create killed at any moment leaves nothing that delete --force does not remove', async (t) => {
  const dom0 = await makeFakeDom0(t);
  const moments = isFull ? 100 : 12;
  for (let moment = 0; moment < moments; moment += 1) await cut(t, dom0, (600 * moment) / moments);
});

test('many calls of all kinds at once end in known words, and in nothing left', async (t) => {
  const dom0 = await makeFakeDom0(t);
  const bundle = await dom0.makeBundle('bundle');
  await mkdir(dom0.root);
  const kinds = [
    ['create', '--bundle', bundle, 'web'],
    ['create', '--bundle', bundle, 'web'],
    ['start', 'web'],
    ['state', 'web'],
    ['kill', 'web', '9'],
    ['delete', 'web'],
    ['delete', '--force', 'web'],
  ];
  const next = randomNumbers(t);
  for (let round = 0; round < (isFull ? 40 : 5); round += 1) {
    const calls = Array.from({ length: 8 }, async () => {
      await setTimeout(next(1500));
      const args = kinds[next(kinds.length)] ?? [];
      assertExpected((await dom0.runx(args)).stderr);
    });
    await Promise.all(calls);
    const { exitCode, stderr } = await dom0.runx(['delete', '--force', 'web']);
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    assert.deepEqual(await leftIn(dom0), nothing, `round ${round}`);
  }
});
