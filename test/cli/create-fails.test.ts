import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertNothingIsLeft } from '../support/assert-nothing-is-left.ts';
import { assertFails, assertSilent } from '../support/assert-result.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { waitUntil } from '../support/wait-until.ts';

const create = async (dom0: FakeDom0, ...options: string[]) =>
  dom0.runx(['create', '--bundle', await dom0.makeBundle('bundle'), ...options, 'web']);

describe('runx create that fails leaves nothing', { concurrency: 4 }, () => {
  test('when xl create fails: all that xl said stands in one line', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('create.stderr', 'libxl: error: not enough memory\nlibxl: error: giving up\n');
    assertFails(
      await create(dom0),
      `${dom0.xl} create failed with exit code 3: libxl: error: not enough memory; libxl: error: giving up`,
    );
    assertNothingIsLeft(dom0);
  });

  test("when the monitor cannot offer consoles: its words are the error's", async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('monitor-error', '/dev/xen/gntdev: No such file or directory');
    assertFails(await create(dom0), '/dev/xen/gntdev: No such file or directory');
    assertNothingIsLeft(dom0);
  });

  test('when the monitor ends at once', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('monitor-run.stderr', 'runx-monitor: creating namespaces: denied\n');
    const { exitCode, stderr } = await create(dom0);
    assert.equal(exitCode, 1);
    assert.deepEqual(stderr.split('\n'), [
      'runx-monitor: creating namespaces: denied',
      'runx: the monitor ended unexpectedly',
      '',
    ]);
    assertNothingIsLeft(dom0);
    assert.deepEqual(dom0.xlCalls(), []);
  });

  test('when the pid file cannot be written', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const file = dom0.path('nowhere/pid');
    const { exitCode, stderr } = await create(dom0, '--pid-file', file);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: --pid-file \S+: ENOENT: no such file or directory, open \S+\n$/);
    assertNothingIsLeft(dom0);
  });

  test('but what cannot be undone, which is warned of before the error', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('destroy.stderr', 'second\n');
    const { exitCode, stderr } = await create(dom0, '--pid-file', dom0.path('nowhere/pid'));
    assert.equal(exitCode, 1);
    const [warning = '', error, end] = stderr.split('\n');
    assert.match(
      warning,
      /^runx: warn: destroying the domain web-[0-9a-f]{8}: \S+\/xl destroy failed with exit code 3: second$/,
    );
    assert.match(error ?? '', /^runx: --pid-file \S+: ENOENT: /);
    assert.equal(end, '');
  });
});

describe('runx create that is killed', { concurrency: 4 }, () => {
  // Starts a create, and kills it while the monitor looks for the domain.
  const killBeforeDevices = async (dom0: FakeDom0): Promise<void> => {
    await dom0.plan('hold-domain', '');
    const bundle = await dom0.makeBundle('bundle');
    const killed = dom0.startRunx(['create', '--bundle', bundle, 'web']);
    await waitUntil('the monitor', () => dom0.lines('held').length > 0);
    killed.process.kill('SIGKILL');
    assert.equal((await killed.result).signal, 'SIGKILL');
    await waitUntil("the monitor's end", () => dom0.monitors().length === 0);
    await rm(dom0.path('plan/hold-domain'));
  };

  // Starts a create, and kills it while xl is held up in it by a gate.
  const killDuring = async (dom0: FakeDom0, command: string): Promise<void> => {
    const gate = await dom0.makeGate(command);
    const bundle = await dom0.makeBundle('bundle');
    const killed = dom0.startRunx(['create', '--bundle', bundle, 'web']);
    await gate.reached();
    killed.process.kill('SIGKILL');
    assert.equal((await killed.result).signal, 'SIGKILL');
    await waitUntil("the monitor's end", () => dom0.monitors().length === 0);
    await gate.open();
  };

  test('takes its monitor along; delete --force removes the domain that xl still makes', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await killDuring(dom0, 'create');
    await waitUntil('the domain', () => dom0.domains().length === 1);
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assertNothingIsLeft(dom0);
  });

  test('leaves a state that says "stopped"', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await killBeforeDevices(dom0);
    const { stdout } = await dom0.runx(['state', 'web']);
    const { status, pid }: { status: string; pid: number } = JSON.parse(stdout);
    assert.deepEqual({ status, pid }, { status: 'stopped', pid: 0 });
  });

  test('leaves an id that can be used again after delete', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await killBeforeDevices(dom0);
    assertSilent(await dom0.runx(['delete', 'web']));
    assertNothingIsLeft(dom0);
    assertSilent(await dom0.runx(['create', '--bundle', dom0.path('bundle'), 'web']));
    assert.match(await readFile(dom0.domainFile('web', 'domain.json'), 'utf8'), /"domid": \d/);
  });
});
