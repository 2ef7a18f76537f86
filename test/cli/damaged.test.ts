import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { findIdentity, renderIdentity } from '../../src/host/process-identity.ts';
import { assertNothingIsLeft } from '../support/assert-nothing-is-left.ts';
import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning } from '../support/created-container.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { waitUntil } from '../support/wait-until.ts';

const damages: readonly [what: string, damage: (file: string) => Promise<void>, words: RegExp][] = [
  ['truncated', (file) => truncate(file, 40), /state.json is not JSON: /],
  ['empty', (file) => truncate(file, 0), /state.json is not JSON: /],
  ['not JSON', (file) => writeFile(file, 'garbage'), /state.json is not JSON: /],
  ['of another version', (file) => writeFile(file, '{"version":0}'), /state.json: version: /],
];

describe('a state.json that is damaged', { concurrency: 4 }, () => {
  for (const [what, damage, words] of damages) {
    test(`${what}: delete says so in one line; delete --force removes all of it`, async (t) => {
      const { dom0, monitor } = await makeRunning(t);
      await damage(dom0.path('root/web/state.json'));
      const refused = await dom0.runx(['delete', 'web']);
      assert.equal(refused.exitCode, 1);
      assert.match(refused.stderr, words);
      assert.match(
        refused.stderr,
        /^runx: .*; to remove the container anyway, run: runx delete --force web\n$/,
      );
      assert.deepEqual(dom0.monitors(), [monitor]);
      const forced = await dom0.runx(['delete', '--force', 'web']);
      assert.equal(forced.exitCode, 0);
      assert.match(forced.stderr, /^runx: warn: .*; the poststop hooks of web are not run\n$/);
      assertNothingIsLeft(dom0);
    });
  }

  test('is an error of every other command, in one line, and left as it is', async (t) => {
    const { dom0, bundle, monitor } = await makeCreated(t);
    const file = dom0.path('root/web/state.json');
    await writeFile(file, 'garbage');
    for (const args of [
      ['state', 'web'],
      ['start', 'web'],
      ['kill', 'web', '9'],
    ]) {
      const { exitCode, stderr } = await dom0.runx(args);
      assert.equal(exitCode, 1);
      assert.match(stderr, /^runx: \S+state.json is not JSON: [^\n]*\n$/);
    }
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'web']),
      'container with given ID already exists',
    );
    assert.equal(await readFile(file, 'utf8'), 'garbage');
    assert.deepEqual(dom0.monitors(), [monitor]);
  });

  test('leaves other containers in the list', async (t) => {
    const { dom0, bundle } = await makeCreated(t);
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'other']));
    await writeFile(dom0.path('root/web/state.json'), 'garbage');
    const { exitCode, stdout } = await dom0.runx(['list', '-q']);
    assert.equal(exitCode, 0);
    assert.equal(stdout, 'other\n');
  });
});

describe('runx delete --force', { concurrency: 4 }, () => {
  const losses: readonly [what: string, lose: (dom0: FakeDom0) => Promise<void>][] = [
    ['the bundle', (dom0) => rm(dom0.path('bundle'), { recursive: true })],
    ['the domain', (dom0) => rm(dom0.path('domains', dom0.domains()[0] ?? 'none'))],
    [
      'the monitor',
      async (dom0) => {
        for (const pid of dom0.monitors()) process.kill(pid, 'SIGKILL');
        await waitUntil("the monitor's end", () => dom0.monitors().length === 0);
      },
    ],
    ['the monitor program', (dom0) => rm(dom0.path('bin/runx-monitor'))],
    ['state.json', (dom0) => rm(dom0.path('root/web/state.json'))],
    [
      'state.json and xl.cfg',
      async (dom0) => {
        const file = dom0.domainFile('web', 'xl.cfg');
        await rm(dom0.path('root/web/state.json'));
        await rm(file);
      },
    ],
    ['domain.json', (dom0) => rm(dom0.domainFile('web', 'domain.json'))],
    ['half of domain.json', (dom0) => truncate(dom0.domainFile('web', 'domain.json'), 40)],
    [
      'state.json and half of domain.json',
      async (dom0) => {
        const file = dom0.domainFile('web', 'domain.json');
        await rm(dom0.path('root/web/state.json'));
        await truncate(file, 40);
      },
    ],
    ["the domain's directory", (dom0) => rm(dom0.domainFile('web', ''), { recursive: true })],
    ['the guest kernel', (dom0) => rm(dom0.path('kernel'))],
  ];
  for (const [what, lose] of losses) {
    test(`cleans up when ${what} is gone`, async (t) => {
      const { dom0, bundle } = await makeRunning(t);
      await lose(dom0);
      assertSilent(await dom0.runx(['delete', '--force', 'web']));
      assertNothingIsLeft(dom0);
      assertSilent(await dom0.runx(['delete', '--force', 'web']));
      assert.equal(dom0.exists('bundle'), what !== 'the bundle', bundle);
    });
  }

  test('takes another container with the same id in another root for what it is', async (t) => {
    const { dom0, bundle, monitor } = await makeRunning(t);
    const root = dom0.path('other');
    assertSilent(await dom0.runx(['--root', root, 'create', '--bundle', bundle, 'web']));
    await writeFile(dom0.path('other/web/state.json'), 'garbage');
    assert.equal((await dom0.runx(['--root', root, 'delete', '--force', 'web'])).exitCode, 0);
    assert.deepEqual(dom0.monitors(), [monitor]);
    assert.equal(dom0.domains().filter((name) => !name.endsWith('.unpaused')).length, 1);
  });
});

test('runx list leaves out what is no container', async (t) => {
  const dom0 = await makeFakeDom0(t);
  const bundle = await dom0.makeBundle('bundle');
  assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
  await writeFile(dom0.path('root/file'), '');
  const { exitCode, stdout } = await dom0.runx(['list', '-q']);
  assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: 'web\n' });
});

describe(
  'a state directory whose creator was killed before its first mark',
  { concurrency: 4 },
  () => {
    const dead = `${2 ** 22 + 1} 1`;

    for (const [what, lock] of [
      ['without a lock', undefined],
      ['with the lock of a process that is gone', dead],
    ] as const) {
      test(`${what} is removed by delete`, async (t) => {
        const dom0 = await makeFakeDom0(t);
        await mkdir(dom0.path('root/web'), { recursive: true });
        if (lock !== undefined) await symlink(lock, dom0.path('root/web/lock'));
        assertSilent(await dom0.runx(['delete', 'web']));
        assert.deepEqual(dom0.containers(), []);
      });
    }

    test('with the lock of a process that lives is being created', async (t) => {
      const dom0 = await makeFakeDom0(t);
      await mkdir(dom0.path('root/web'), { recursive: true });
      const self = await findIdentity(process.pid);
      assert.ok(self);
      await symlink(renderIdentity(self), dom0.path('root/web/lock'));
      assertFails(
        await dom0.runx(['delete', 'web']),
        'cannot delete container web that is not stopped: creating',
      );
    });
  },
);
