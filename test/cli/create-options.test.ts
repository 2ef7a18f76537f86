import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { describe, test } from 'node:test';

import { assertSilent } from '../support/assert-result.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { minimalSpec } from '../support/spec.ts';

describe('the options of runx create', { concurrency: 4 }, () => {
  test('takes the options of engines, before and behind the command', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const [root, log, pidFile] = [dom0.path('other root'), dom0.path('log'), dom0.path('pid')];
    const before = ['--root', root, '--debug', '--log', log, '--log-format', 'json'];
    const behind = ['--bundle', bundle, '--pid-file', pidFile, '--no-pivot', '--no-new-keyring'];
    const args = [...before, '--systemd-cgroup', 'create', ...behind, 'web'];
    assertSilent(await dom0.runx(args));
    assert.equal(statSync(`${root}/web/state.json`).isFile(), true);
    assert.deepEqual([await readFile(pidFile, 'utf8')], dom0.monitors().map(String));
    assert.deepEqual(dom0.containers(), []);
  });

  test('takes options as --name=value', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const [root, log, pidFile] = [dom0.path('r'), dom0.path('log'), dom0.path('pid')];
    const before = [`--root=${root}`, `--log=${log}`, '--log-format=json', '--systemd-cgroup'];
    const args = [...before, 'create', `--bundle=${bundle}`, `--pid-file=${pidFile}`, 'web'];
    assertSilent(await dom0.runx(args));
    assert.equal(statSync(`${root}/web/state.json`).isFile(), true);
    assert.deepEqual([await readFile(pidFile, 'utf8')], dom0.monitors().map(String));
  });

  test('takes the bundle from the working directory, and keeps its absolute path', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    assertSilent(await dom0.runx(['create', 'here'], { cwd: bundle }));
    const up = relative(dom0.path('output'), bundle);
    assertSilent(await dom0.runx(['create', '-b', up, 'there'], { cwd: dom0.path('output') }));
    for (const id of ['here', 'there']) {
      const state: { bundle: string } = JSON.parse((await dom0.runx(['state', id])).stdout);
      assert.equal(state.bundle, bundle);
    }
  });

  test('finds xl on PATH and runs it by its absolute path', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ xl: 'xl' });
    const bundle = await dom0.makeBundle('bundle');
    const env = { PATH: `/nowhere:${dirname(dom0.xl)}:/usr/bin:/bin` };
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web'], { env }));
    assert.equal(dom0.monitorCalls()[0]?.[4], `--xl=${dom0.xl}`);
    assert.equal(dom0.domains().length, 1);
  });

  test('passes the monitor the size of the terminal, if there is one', async (t) => {
    const dom0 = await makeFakeDom0(t);
    for (const [id, terminal] of [
      ['with', true],
      ['without', false],
    ] as const) {
      const consoleSize = { height: 33, width: 111 };
      const process = { ...minimalSpec.process, terminal, consoleSize };
      const bundle = await dom0.makeBundle(id, { process });
      const options = terminal ? ['--console-socket', '/s'] : [];
      assertSilent(await dom0.runx(['create', '--bundle', bundle, ...options, id]));
      const call = dom0.monitorCalls().find((words) => words.includes(`--id=${id}`));
      assert.equal(call?.includes('--window=33x111'), terminal);
    }
  });

  test('passes the monitor an absolute --console-socket', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle', {
      process: { ...minimalSpec.process, terminal: true },
    });
    const args = ['create', '--bundle', bundle, '--console-socket', 'console.sock', 'web'];
    assertSilent(await dom0.runx(args, { cwd: bundle }));
    assert.deepEqual(dom0.monitorCalls()[0]?.slice(5, 7), [
      '--terminal',
      `--console-socket=${bundle}/console.sock`,
    ]);
  });
});
