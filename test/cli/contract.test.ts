// What engines rely on, asserted of runx and of the runtimes installed here alike:
// a test that fails on runc is wrong, or says why.  RUNX_CONTRACT=runc picks one.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import {
  type ContractRuntime,
  type ContractTarget,
  contractTargets,
  whyNoContainer,
} from '../support/contract-runtime.ts';
import { waitUntil } from '../support/wait-until.ts';

interface State {
  readonly id: string;
  readonly status: string;
  readonly pid: number;
  readonly bundle: string;
  readonly annotations?: object;
}

// The call fails as an engine takes it: 1, no result, and these words at the end.
const assertRefuses = async (
  target: ContractTarget,
  { call }: ContractRuntime,
  args: readonly string[],
  words: string,
): Promise<void> => {
  const { exitCode, stdout, error } = await call(args);
  assert.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: '' }, args.join(' '));
  if (target.words) assert.ok(error.endsWith(words), `${args.join(' ')}: ${error}`);
};

const succeed = async ({ call }: ContractRuntime, args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, error } = await call(args);
  assert.deepEqual({ exitCode, error }, { exitCode: 0, error: '' }, args.join(' '));
  return stdout;
};

const stateOf = async (runtime: ContractRuntime): Promise<State> =>
  JSON.parse(await succeed(runtime, ['state', runtime.id]));

const waitForStatus = (runtime: ContractRuntime, status: string): Promise<unknown> =>
  waitUntil(status, async () => (await stateOf(runtime)).status === status);

const listIds = async (runtime: ContractRuntime): Promise<readonly string[]> =>
  (await succeed(runtime, ['list', '-q'])).split('\n').filter(Boolean);

const commandLine = (target: ContractTarget): void => {
  test('an unknown id', async (t) => {
    const runtime = await target.make(t);
    const { id } = runtime;
    for (const args of [
      ['state', id],
      ['start', id],
      ['kill', id],
      ['kill', '--all', id, '9'],
      ['delete', id],
    ]) {
      await assertRefuses(target, runtime, args, 'container does not exist');
    }
    assert.equal(await succeed(runtime, ['delete', '--force', id]), '');
  });

  test('a list of nothing', async (t) => {
    assert.deepEqual(await listIds(await target.make(t)), []);
  });

  test('a wrong command line', async (t) => {
    const { call, id } = await target.make(t);
    for (const args of [
      ['create'],
      ['start'],
      ['state'],
      ['kill'],
      ['delete'],
      ['state', 'a', 'b'],
    ]) {
      assert.notEqual((await call(args)).exitCode, 0, args.join(' '));
    }
    for (const args of [['nosuch'], ['create', '--nosuch', id], ['--nosuch', 'list']]) {
      assert.notEqual((await call(args)).exitCode, 0, args.join(' '));
    }
  });

  test('spec writes a config.json, and never over another', async (t) => {
    const runtime = await target.make(t);
    const bundle = join(runtime.directory, 'new');
    await mkdir(bundle);
    await succeed(runtime, ['spec', '--bundle', bundle]);
    const text = await readFile(join(bundle, 'config.json'), 'utf8');
    const { ociVersion }: { ociVersion: string } = JSON.parse(text);
    assert.match(ociVersion, /^1\.\d+\.\d+/);
    await runtime.call(['spec', '--bundle', bundle]);
    assert.equal(await readFile(join(bundle, 'config.json'), 'utf8'), text);
  });

  test('a create that cannot be leaves no container', async (t) => {
    const runtime = await target.make(t);
    const { directory, id } = runtime;
    await mkdir(join(directory, 'empty'));
    const bundle = await runtime.makeBundle();
    for (const args of [
      ['--bundle', join(directory, 'nowhere'), id],
      ['--bundle', join(directory, 'empty'), id],
      ['--bundle', bundle, '../escape'],
      ['--bundle', bundle, 'a/b'],
    ]) {
      const { exitCode } = await runtime.call(['create', ...args]);
      assert.equal(exitCode, 1, args.join(' '));
    }
    assert.deepEqual(await listIds(runtime), []);
  });

  test('a config.json without process', async (t) => {
    const runtime = await target.make(t);
    const bundle = await runtime.makeBundle({ process: undefined });
    const args = ['create', '--bundle', bundle, runtime.id];
    await assertRefuses(target, runtime, args, 'process property must not be empty');
    assert.deepEqual(await listIds(runtime), []);
  });
};

const lifecycle = (target: ContractTarget): void => {
  let reason: Promise<string | undefined> | undefined;
  const container = (name: string, check: (runtime: ContractRuntime) => Promise<void>): void => {
    test(name, async (t) => {
      reason ??= whyNoContainer(t, target);
      const why = await reason;
      if (why === undefined) await check(await target.make(t));
      else t.skip(why);
    });
  };

  container('create, start, kill, delete, and what each refuses', async (runtime) => {
    const { id } = runtime;
    const annotations = { 'com.example.key': 'a "b"' };
    const bundle = await runtime.makeBundle({ annotations });
    const pidFile = join(runtime.directory, 'pid');
    await succeed(runtime, ['create', '--bundle', bundle, '--pid-file', pidFile, id]);
    // It is read once.
    await writeFile(join(bundle, 'config.json'), '{}');

    const created = await stateOf(runtime);
    assert.deepEqual(
      [created.id, created.status, created.bundle, created.annotations],
      [id, 'created', bundle, annotations],
    );
    assert.equal(await readFile(pidFile, 'utf8'), String(created.pid));
    assert.ok(existsSync(`/proc/${created.pid}`));
    assert.deepEqual(await listIds(runtime), [id]);

    await succeed(runtime, ['start', id]);
    const running = await stateOf(runtime);
    assert.deepEqual([running.status, running.pid], ['running', created.pid]);
    await assertRefuses(
      target,
      runtime,
      ['start', id],
      'cannot start an already running container',
    );
    await assertRefuses(
      target,
      runtime,
      ['delete', id],
      `cannot delete container ${id} that is not stopped: running`,
    );
    await assertRefuses(target, runtime, ['kill', id, 'NOSUCH'], 'unknown signal "NOSUCH"');
    assert.equal((await stateOf(runtime)).status, 'running');

    await succeed(runtime, ['kill', id, 'KILL']);
    await waitForStatus(runtime, 'stopped');
    assert.equal((await stateOf(runtime)).pid, 0);
    await assertRefuses(target, runtime, ['kill', id, 'TERM'], 'container not running');
    await succeed(runtime, ['kill', '--all', id, '9']);
    await assertRefuses(
      target,
      runtime,
      ['start', id],
      'cannot start a container that has stopped',
    );

    await succeed(runtime, ['delete', id]);
    await assertRefuses(target, runtime, ['state', id], 'container does not exist');
    assert.deepEqual(await listIds(runtime), []);
  });

  container('an id that is in use', async (runtime) => {
    const { id } = runtime;
    const args = ['create', '--bundle', await runtime.makeBundle(), id];
    await succeed(runtime, args);
    const before = await stateOf(runtime);
    await assertRefuses(target, runtime, args, 'container with given ID already exists');
    assert.deepEqual(await stateOf(runtime), before);
  });

  container('a signal ends a created container', async (runtime) => {
    const { id } = runtime;
    await succeed(runtime, ['create', '--bundle', await runtime.makeBundle(), id]);
    await succeed(runtime, ['kill', id, 'TERM']);
    await waitForStatus(runtime, 'stopped');
    await succeed(runtime, ['delete', id]);
  });

  container('delete takes a created container, and with --force a running one', async (runtime) => {
    const { id } = runtime;
    const args = ['create', '--bundle', await runtime.makeBundle(), id];
    await succeed(runtime, args);
    await succeed(runtime, ['delete', id]);
    await succeed(runtime, args);
    await succeed(runtime, ['start', id]);
    await succeed(runtime, ['delete', '--force', id]);
    assert.deepEqual(await listIds(runtime), []);
  });

  container('hooks: their order, their state, their environment', async (runtime) => {
    const { id } = runtime;
    const log = join(runtime.directory, 'hooks');
    const hook = (name: string): object => ({
      path: '/bin/sh',
      args: ['sh', '-c', `{ echo ${name}; cat; echo; } >> '${log}'; env > '${log}.env'`],
      env: ['ONLY=this'],
    });
    const names = ['prestart', 'createRuntime', 'poststart', 'poststop'];
    const bundle = await runtime.makeBundle({
      hooks: Object.fromEntries(names.map((name) => [name, [hook(name)]])),
    });
    await succeed(runtime, ['create', '--bundle', bundle, id]);
    const { pid } = await stateOf(runtime);
    await succeed(runtime, ['start', id]);
    await succeed(runtime, ['delete', '--force', id]);
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    const seen = lines.filter((_, index) => index % 2 === 0);
    const states = lines
      .filter((_, index) => index % 2 === 1)
      .map((line): State => JSON.parse(line));
    // runc runs poststart hooks in create until 1.5.1.
    assert.deepEqual(seen, names);
    for (const state of states) assert.deepEqual([state.id, state.bundle], [id, bundle]);
    assert.deepEqual(
      states.slice(0, 2).map(({ status, pid: given }) => [status, given]),
      [
        ['creating', pid],
        ['creating', pid],
      ],
    );
    assert.equal(states[3]?.status, 'stopped');
    const environment = (await readFile(`${log}.env`, 'utf8')).split('\n');
    assert.ok(environment.includes('ONLY=this'));
    assert.ok(!environment.some((variable) => variable.startsWith('PATH=')));
  });

  container(
    'a createRuntime hook that fails: its words, no container, poststop hooks',
    async (runtime) => {
      const { id } = runtime;
      const log = join(runtime.directory, 'poststop');
      const bundle = await runtime.makeBundle({
        hooks: {
          createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'echo no >&2; exit 3'] }],
          poststop: [{ path: '/bin/sh', args: ['sh', '-c', `echo ran >> '${log}'`] }],
        },
      });
      const { exitCode, error } = await runtime.call(['create', '--bundle', bundle, id]);
      assert.equal(exitCode, 1);
      if (target.words) assert.match(error, /exit status 3, stdout: , stderr: no\s*$/);
      assert.deepEqual(await listIds(runtime), []);
      assert.equal(await readFile(log, 'utf8'), 'ran\n');
    },
  );
};

for (const target of contractTargets) {
  describe(`the contract, of ${target.name}: command line`, () => commandLine(target));
  describe(`the contract, of ${target.name}: lifecycle`, () => lifecycle(target));
}
