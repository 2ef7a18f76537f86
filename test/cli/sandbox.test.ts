import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';

import { execa } from 'execa';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { monitorProgram } from '../support/built-programs.ts';
import { startTimeOf } from '../support/created-container.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { minimalSpec } from '../support/spec.ts';
import { waitUntil } from '../support/wait-until.ts';

const sandboxType = { 'io.kubernetes.cri.container-type': 'sandbox' };

interface Sandbox {
  readonly dom0: FakeDom0;
  readonly state: () => Promise<{ readonly status: string; readonly pid: number }>;
}

const namespaceOf = (pid: number | 'self', type: string): string =>
  readlinkSync(`/proc/${pid}/ns/${type}`);

/** A sandbox that is created, by the real monitor, where there is no xl. */
const makeSandbox = async (t: TestContext, changes: object = {}): Promise<Sandbox> => {
  t.after(() => dom0.runx(['delete', '--force', 'pod']));
  const dom0 = await makeFakeDom0(t);
  await dom0.configure({ monitor: monitorProgram, xl: dom0.path('no-xl') });
  const bundle = await dom0.makeBundle('bundle', { annotations: sandboxType, ...changes });
  assertSilent(await dom0.runx(['create', '--bundle', bundle, 'pod']));
  return {
    dom0,
    state: async () => JSON.parse((await dom0.runx(['state', 'pod'])).stdout),
  };
};

describe('the sandbox of a pod', { concurrency: 4 }, () => {
  test('is a process that holds namespaces, and no domain', async (t) => {
    const { dom0, state } = await makeSandbox(t);
    const { status, pid } = await state();
    assert.equal(status, 'created');
    for (const type of ['net', 'ipc', 'uts', 'pid', 'mnt']) {
      assert.notEqual(namespaceOf(pid, type), namespaceOf('self', type), type);
    }
    assertSilent(await dom0.runx(['start', 'pod']));
    assert.deepEqual(await state(), { ...(await state()), status: 'running', pid });
    assertFails(await dom0.runx(['start', 'pod']), 'cannot start an already running container');
    assert.deepEqual(dom0.xlCalls(), []);
  });

  test('is in the network namespace that the engine has made', async (t) => {
    const own = await makeSandbox(t);
    const { pid } = await own.state();
    const linux = { namespaces: [{ type: 'network', path: `/proc/${pid}/ns/net` }] };
    const { state } = await makeSandbox(t, { linux });
    const inside = await state();
    assert.equal(namespaceOf(inside.pid, 'net'), namespaceOf(pid, 'net'));
    assert.notEqual(namespaceOf(inside.pid, 'ipc'), namespaceOf(pid, 'ipc'));
  });

  test('has the host name of config.json', async (t) => {
    const { state } = await makeSandbox(t, { hostname: 'pod-1' });
    const { pid } = await state();
    const asked = await execa(monitorProgram, ['hostname', `/proc/${pid}/ns/uts`]);
    assert.equal(asked.stdout, 'pod-1');
  });

  for (const [signal, words] of [
    ['15', ['kill', 'pod', '15']],
    ['KILL to all', ['kill', '--all', 'pod', '9']],
  ] as const) {
    test(`ends by signal ${signal}, and is deleted`, async (t) => {
      const { dom0, state } = await makeSandbox(t);
      assertSilent(await dom0.runx(['start', 'pod']));
      assert.equal((await dom0.runx(['delete', 'pod'])).exitCode, 1);
      assertSilent(await dom0.runx([...words]));
      await waitUntil('its end', async () => (await state()).status === 'stopped');
      assertFails(await dom0.runx(['kill', 'pod', '15']), 'container not running');
      assertSilent(await dom0.runx(['delete', 'pod']));
      assert.deepEqual(dom0.containers(), []);
    });
  }

  test('survives a signal that the pause program would ignore', async (t) => {
    const { dom0, state } = await makeSandbox(t);
    assertSilent(await dom0.runx(['start', 'pod']));
    assertSilent(await dom0.runx(['kill', 'pod', 'USR1']));
    assertSilent(await dom0.runx(['kill', 'pod', 'HUP']));
    assert.equal((await state()).status, 'running');
  });

  test('has nothing that a domain has', async (t) => {
    const { dom0 } = await makeSandbox(t);
    assertSilent(await dom0.runx(['start', 'pod']));
    const sentence = 'container pod is the sandbox of a pod, which has no domain and no process';
    for (const words of [
      ['pause', 'pod'],
      ['update', '--cpu-share', '10', 'pod'],
      ['events', '--stats', 'pod'],
    ]) {
      const { exitCode, stderr } = await dom0.runx(words);
      assert.deepEqual([exitCode, stderr], [1, `runx: ${sentence}\n`], words[0]);
    }
    const exec = await dom0.runx(['exec', 'pod', 'sh']);
    assert.deepEqual([exec.exitCode, exec.stderr], [255, `runx: ${sentence}\n`]);
  });

  test('has no use for NETCONF', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle', {
      annotations: sandboxType,
      process: { ...minimalSpec.process, env: ['NETCONF=/etc/cni/net.d/web.conf:web'] },
    });
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'pod']),
      'config.json: NETCONF in process.env has no effect in the sandbox of a pod, which has no domain: set it for a container of the pod',
    );
    assert.deepEqual(dom0.containers(), []);
  });

  test('delete --force ends it', async (t) => {
    const { dom0, state } = await makeSandbox(t);
    const { pid } = await state();
    assertSilent(await dom0.runx(['delete', '--force', 'pod']));
    await assert.rejects(startTimeOf(pid));
    assert.deepEqual(dom0.containers(), []);
  });
});

describe('a container of a pod', { concurrency: 4 }, () => {
  const linux = {
    namespaces: [
      { type: 'network' },
      ...['pid', 'ipc', 'uts'].map((type) => ({ type, path: '/proc/1/ns/x' })),
    ],
  };

  test('is accepted with the namespaces of its sandbox, which its domain does not share', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const annotations = { 'io.kubernetes.cri.container-type': 'container' };
    const bundle = await dom0.makeBundle('bundle', { annotations, linux, hostname: undefined });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    const asked = await readFile(dom0.path('hostname-asked'), 'utf8');
    assert.equal(asked, '/proc/1/ns/x\n', 'it has the host name of its sandbox');
  });

  test('which is no such is refused', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle', { linux });
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'web']),
      'config.json: linux.namespaces with a path (pid) is not supported',
    );
  });
});
