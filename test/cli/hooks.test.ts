import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';

import { assertNothingIsLeft } from '../support/assert-nothing-is-left.ts';
import { assertFails, assertSilent } from '../support/assert-result.ts';
import { cliProgram } from '../support/built-cli.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { hooksRun, makeHook, makeHooks, stateGiven } from '../support/hooks.ts';
import { waitUntil } from '../support/wait-until.ts';

// Creates "web" with these hooks.
const create = async (t: TestContext, hooks: (dom0: FakeDom0) => object, changes: object = {}) => {
  const dom0 = await makeFakeDom0(t);
  const bundle = await dom0.makeBundle('bundle', { ...changes, hooks: hooks(dom0) });
  return { dom0, bundle, result: await dom0.runx(['create', '--bundle', bundle, 'web']) };
};

const readWords = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8')).split('\0').slice(0, -1);

describe('hooks', { concurrency: 4 }, () => {
  test('run in the order of the lifecycle, each with the state of its moment', async (t) => {
    const annotations = { 'com.example.key': 'a "b"' };
    const { dom0, bundle, result } = await create(t, makeHooks, { annotations });
    assertSilent(result);
    const created = ['prestart', 'createRuntime', 'createContainer'];
    assert.deepEqual(hooksRun(dom0), created);
    const [pid = 0] = dom0.monitors();
    const state = { ociVersion: '1.2.0', id: 'web', bundle, annotations };
    for (const name of created) {
      assert.deepEqual(stateGiven(dom0, name), { ...state, status: 'creating', pid }, name);
    }
    assertSilent(await dom0.runx(['start', 'web']));
    assert.deepEqual(hooksRun(dom0), [...created, 'poststart']);
    assert.deepEqual(stateGiven(dom0, 'poststart'), { ...state, status: 'running', pid });
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.deepEqual(hooksRun(dom0), [...created, 'poststart', 'poststop']);
    assert.deepEqual(stateGiven(dom0, 'poststop'), { ...state, status: 'stopped', pid: 0 });
  });

  test('of one kind run in the order of their list', async (t) => {
    const { dom0 } = await create(t, (fake) => ({
      createRuntime: [makeHook(fake, 'one', 'sleep 0.2'), makeHook(fake, 'two')],
    }));
    assert.deepEqual(hooksRun(dom0), ['one', 'two']);
  });

  test('of create run when there is a monitor, a state and no domain yet', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const script = `cat '${dom0.path('root/web/state.json')}' > '${dom0.path('record')}'; ls '${dom0.path('domains')}' > '${dom0.path('seen')}'`;
    const hooks = { createRuntime: [makeHook(dom0, 'look', script)] };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    assert.equal(await readFile(dom0.path('seen'), 'utf8'), '');
    const record: { id: string } = JSON.parse(await readFile(dom0.path('record'), 'utf8'));
    assert.equal(record.id, 'web');
  });

  test('have none of the descriptors that the caller of runx has left open', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const list = `ls /proc/$$/fd > '${dom0.path('descriptors')}'`;
    const hooks = { createRuntime: [makeHook(dom0, 'list', list)] };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    const secret = openSync('/etc/passwd', 'r');
    t.after(() => closeSync(secret));
    // Descriptors behind a gap, of which Node.js does not know.
    const inherited = [...Array<'ignore'>(17).fill('ignore'), secret];
    const args = ['--config', dom0.configFile, 'create', '--bundle', bundle, 'web'];
    const child = spawn(process.execPath, [cliProgram, ...args], {
      stdio: ['ignore', 'ignore', 'ignore', ...inherited],
    });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    const seen = (await readFile(dom0.path('descriptors'), 'utf8')).split('\n');
    assert.deepEqual(
      seen.filter((name) => Number(name) >= 16),
      [],
    );
  });

  test('have exactly their arguments and environment, and the bundle as directory', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const script = `cat /proc/$$/environ > '${dom0.path('environ')}'; cat /proc/$$/cmdline > '${dom0.path('cmdline')}'; pwd > '${dom0.path('pwd')}'`;
    const args = ['a name', '-c', script, 'last', ''];
    const hooks = { prestart: [{ path: '/bin/sh', args, env: ['A=b c', 'D='] }] };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    assertSilent(
      await dom0.runx(['create', '--bundle', bundle, 'web'], {
        env: { PATH: '/bin', SECRET: 'x' },
      }),
    );
    assert.deepEqual(await readWords(dom0.path('environ')), ['A=b c', 'D=']);
    assert.deepEqual(await readWords(dom0.path('cmdline')), args);
    assert.equal(await readFile(dom0.path('pwd'), 'utf8'), `${bundle}\n`);
  });

  test('of createContainer run in the network namespace of the monitor', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const script = `cat /proc/$$/environ > '${dom0.path('environ')}'`;
    const args = ['sh', '-c', script, '--option'];
    const hooks = { createContainer: [{ path: '/bin/sh', args, env: ['A=b'] }] };
    const bundle = await dom0.makeBundle('bundle', { hooks });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    assert.deepEqual(dom0.lines('entered'), dom0.monitors().map(String));
    assert.ok((await readWords(dom0.path('environ'))).includes('A=b'));
  });

  test('never speak on the standard output of runx, nor on its standard error', async (t) => {
    const noise = (dom0: FakeDom0): object =>
      Object.fromEntries(
        Object.keys(makeHooks(dom0)).map((name) => [
          name,
          [makeHook(dom0, name, 'echo noise; echo noise >&2')],
        ]),
      );
    const { dom0, result } = await create(t, noise);
    assertSilent(result);
    assertSilent(await dom0.runx(['start', 'web']));
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.equal(hooksRun(dom0).length, 5);
  });

  test('need not read the state', async (t) => {
    const annotations = { long: 'x'.repeat(300_000) };
    const hooks = { prestart: [{ path: '/bin/true' }] };
    assertSilent((await create(t, () => hooks, { annotations })).result);
  });

  test('may leave a process behind that holds their output open', async (t) => {
    const { dom0, result } = await create(t, (fake) => ({
      prestart: [makeHook(fake, 'daemon', `sleep 600 & echo $! > '${fake.path('daemon')}'`)],
    }));
    const daemon = Number(await readFile(dom0.path('daemon'), 'utf8'));
    t.after(() => process.kill(daemon, 'SIGKILL'));
    assertSilent(result);
    assert.ok(existsSync(`/proc/${daemon}`), 'it lives on');
  });

  test('in the guest are given to it with the state of a created container', async (t) => {
    const hooks = { startContainer: [{ path: '/sbin/ldconfig', timeout: 5 }] };
    const { dom0, bundle, result } = await create(t, () => hooks);
    assertSilent(result);
    const [domain = ''] = dom0.domains();
    const ramdisk = await readFile(dom0.path('created', `${domain}.ramdisk`), 'utf8');
    const state = `{"ociVersion":"1.2.0","id":"web","status":"created","pid":1,"bundle":"${bundle}","annotations":{}}`;
    const records = `hook-state ${state}\0hook /sbin/ldconfig\0hook-arg /sbin/ldconfig\0hook-timeout 5\0`;
    assert.ok(ramdisk.includes(records), ramdisk);
  });
});

describe('a hook of create that fails', { concurrency: 4 }, () => {
  for (const name of ['prestart', 'createRuntime', 'createContainer']) {
    test(`${name}: the container is undone, then its poststop hooks run`, async (t) => {
      const { dom0, result } = await create(t, (fake) => ({
        ...makeHooks(fake),
        [name]: [
          makeHook(fake, 'good'),
          makeHook(fake, 'bad', 'echo said; echo one >&2; echo two >&2; exit 3'),
          makeHook(fake, 'never'),
        ],
      }));
      assertFails(
        result,
        `error running ${name} hook #1: exit status 3, stdout: said, stderr: one two`,
      );
      assertNothingIsLeft(dom0);
      assert.deepEqual(hooksRun(dom0).slice(-3), ['good', 'bad', 'poststop']);
      assert.deepEqual(dom0.xlCalls(), []);
      assert.match(JSON.stringify(stateGiven(dom0, 'poststop')), /"status":"stopped","pid":0/);
    });
  }

  const refusals: readonly [what: string, hook: object, sentence: string][] = [
    [
      'that is not there',
      { path: '/no/such/hook' },
      'error running prestart hook #0: fork/exec /no/such/hook: no such file or directory',
    ],
    [
      'that is not executable',
      { path: '/etc/passwd' },
      'error running prestart hook #0: fork/exec /etc/passwd: permission denied',
    ],
    [
      'below a file',
      { path: '/etc/passwd/hook' },
      'error running prestart hook #0: fork/exec /etc/passwd/hook: not a directory',
    ],
    [
      'that is killed',
      { path: '/bin/sh', args: ['sh', '-c', 'kill -9 $$'] },
      'error running prestart hook #0: signal: SIGKILL, stdout: , stderr:',
    ],
  ];
  for (const [what, hook, sentence] of refusals) {
    test(`because of a program ${what}`, async (t) => {
      const { dom0, result } = await create(t, () => ({ prestart: [hook] }));
      assertFails({ ...result, stderr: result.stderr.replace(/ +\n$/, '\n') }, sentence);
      assertNothingIsLeft(dom0);
    });
  }

  test('by its timeout is killed with all that it has started', async (t) => {
    const { dom0, result } = await create(t, (fake) => ({
      createRuntime: [
        {
          ...makeHook(fake, 'slow', `sleep 600 & echo $! > '${fake.path('child')}'; sleep 600`),
          timeout: 1,
        },
      ],
    }));
    assertFails(
      result,
      'error running createRuntime hook #0: hook ran past specified timeout of 1.0s',
    );
    const child = (await readFile(dom0.path('child'), 'utf8')).trim();
    await waitUntil('the end of its child', async () => {
      const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => 'State:\tZ');
      return /^State:\t[ZX]/m.test(status);
    });
    assertNothingIsLeft(dom0);
  });

  test('later, in xl create: poststop hooks run if a hook of create has', async (t) => {
    for (const kinds of [['poststop'], ['prestart', 'poststop']]) {
      const dom0 = await makeFakeDom0(t);
      await dom0.plan('create.stderr', 'no memory\n');
      const hooks = Object.fromEntries(kinds.map((name) => [name, [makeHook(dom0, name)]]));
      const bundle = await dom0.makeBundle('bundle', { hooks });
      const { exitCode } = await dom0.runx(['create', '--bundle', bundle, 'web']);
      assert.equal(exitCode, 1);
      assert.deepEqual(hooksRun(dom0), kinds.length === 1 ? [] : kinds);
      assertNothingIsLeft(dom0);
    }
  });
});
