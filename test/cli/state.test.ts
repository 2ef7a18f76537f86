import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { describe, test } from 'node:test';

import { assertFails } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

interface State {
  readonly created: string;
}

describe('runx state', { concurrency: 4 }, () => {
  const annotations = { 'org.example.note': 'a "quoted"\nline \\ é', empty: '' };

  test('has every field of the specification, and no other than runc adds', async (t) => {
    const { dom0, bundle, monitor } = await makeCreated(t, { annotations });
    const { stdout, stderr, exitCode } = await dom0.runx(['state', 'web']);
    const state: State = JSON.parse(stdout);
    assert.deepEqual(state, {
      ociVersion: '1.2.0',
      id: 'web',
      status: 'created',
      pid: monitor,
      bundle,
      annotations,
      rootfs: `${bundle}/rootfs`,
      created: state.created,
      owner: userInfo().username,
    });
    const names = 'ociVersion id pid status bundle rootfs created annotations owner';
    assert.equal(Object.keys(state).join(' '), names);
    assert.match(state.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.now() - Date.parse(state.created)) < 60_000, state.created);
    assert.deepEqual({ stderr, exitCode }, { stderr: '', exitCode: 0 });
  });

  test('leaves out annotations when there are none', async (t) => {
    const { dom0 } = await makeCreated(t);
    const state: object = JSON.parse((await dom0.runx(['state', 'web'])).stdout);
    assert.equal('annotations' in state, false);
  });

  test('is the same while nothing happens, and asks neither xl nor the monitor', async (t) => {
    const { dom0, xlCallsSince } = await makeRunning(t);
    const first = await dom0.runx(['state', 'web']);
    assert.deepEqual(await dom0.runx(['state', 'web']), first);
    assert.deepEqual(xlCallsSince(), []);
    assert.equal(dom0.monitorCalls().length, 1);
  });

  test('of a running container has the address that the guest says it has leased', async (t) => {
    const { dom0 } = await makeRunning(t);
    const file = dom0.path('root/web/state.json');
    const record: object = JSON.parse(await readFile(file, 'utf8'));
    const fixed = { name: 'eth0', mac: '00:16:3e:00:00:01', addresses: ['10.0.0.2/24'] };
    const leased = { name: 'eth1', mac: '00:16:3e:00:00:02', addresses: ['fd00::2/64'] };
    const network = { dhcp: ['eth1'], resolv: [] };
    await writeFile(file, JSON.stringify({ ...record, network, interfaces: [fixed, leased] }));
    for (const [said, addresses] of [
      ['10.1.0.7/24', ['10.1.0.7/24', 'fd00::2/64']],
      ['$(reboot)', ['fd00::2/64']],
    ] as const) {
      await dom0.plan('address-eth1', `${said}\n`);
      const state: { network: unknown } = JSON.parse((await dom0.runx(['state', 'web'])).stdout);
      assert.deepEqual(state.network, [fixed, { ...leased, addresses }]);
    }
  });

  test('of a running container has the pid of its monitor', async (t) => {
    const { dom0, monitor } = await makeRunning(t);
    const { status, pid }: { status: string; pid: number } = JSON.parse(
      (await dom0.runx(['state', 'web'])).stdout,
    );
    assert.deepEqual({ status, pid }, { status: 'running', pid: monitor });
  });

  test('of a stopped container has pid 0', async (t) => {
    const { dom0 } = await makeStopped(t);
    const { status, pid }: { status: string; pid: number } = JSON.parse(
      (await dom0.runx(['state', 'web'])).stdout,
    );
    assert.deepEqual({ status, pid }, { status: 'stopped', pid: 0 });
  });

  test('of an unknown id is an error, and makes no state', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertFails(await dom0.runx(['state', 'web']), 'container does not exist');
    assert.equal(dom0.exists('root'), false);
  });

  test('of a container in another root is an error', async (t) => {
    const { dom0 } = await makeCreated(t);
    const root = dom0.path('other');
    assertFails(await dom0.runx(['--root', root, 'state', 'web']), 'container does not exist');
  });
});
