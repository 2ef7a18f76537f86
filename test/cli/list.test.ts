import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertPrints, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx list', { concurrency: 4 }, () => {
  test('of no containers is the header, an empty array, or nothing', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertPrints(
      await dom0.runx(['list']),
      'ID    PID    STATUS    BUNDLE    CREATED    OWNER    AGE    MEMORY    ADDRESS\n',
    );
    assertPrints(await dom0.runx(['list', '--format', 'json']), '[]\n');
    assertSilent(await dom0.runx(['list', '-q']));
  });

  test('has a line for each container, in the order of their ids', async (t) => {
    const { dom0, bundle, monitor } = await makeCreated(t);
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'database']));
    assertSilent(await dom0.runx(['start', 'database']));
    const database = dom0.monitors().find((pid) => pid !== monitor);
    const { stdout } = await dom0.runx(['list']);
    const rows = stdout.split('\n').map((line) => line.split(/ +/).slice(0, 4));
    assert.deepEqual(rows, [
      ['ID', 'PID', 'STATUS', 'BUNDLE'],
      ['database', String(database), 'running', bundle],
      ['web', String(monitor), 'created', bundle],
      [''],
    ]);
    assertPrints(await dom0.runx(['list', '--quiet']), 'database\nweb\n');
  });

  test("has a domain's memory and asks no xl for it; one that has stopped has none", async (t) => {
    const { dom0, waitForEnd } = await makeRunning(t);
    const before = dom0.xlCalls().length;
    assert.match((await dom0.runx(['list'])).stdout, /\nweb .* \d+[sm] {4,}256 MiB\n$/);
    await dom0.plan('container-exit-code', '0');
    await waitForEnd();
    assert.match((await dom0.runx(['list'])).stdout, /\nweb +0 +stopped .* \d+[sm]\n$/);
    assert.equal(dom0.xlCalls().length, before);
  });

  test('as JSON is the array of what state prints', async (t) => {
    const { dom0 } = await makeCreated(t, { annotations: { a: 'b' } });
    const { stdout } = await dom0.runx(['list', '-f', 'json']);
    const state: unknown = JSON.parse((await dom0.runx(['state', 'web'])).stdout);
    assert.deepEqual(JSON.parse(stdout), [state]);
  });

  test('warns of a container that cannot be read, and lists the others', async (t) => {
    const { dom0 } = await makeCreated(t);
    await mkdir(dom0.path('root/broken'));
    await writeFile(dom0.path('root/broken/state.json'), '{}');
    const { exitCode, stdout, stderr } = await dom0.runx(['list', '-q']);
    assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: 'web\n' });
    assert.match(stderr, /^runx: warn: \S+\/root\/broken\/state.json: version: .*\n$/);
  });

  test('leaves out a container whose create has only begun', async (t) => {
    const { dom0 } = await makeCreated(t);
    await mkdir(dom0.path('root/begun'));
    assertPrints(await dom0.runx(['list', '-q']), 'web\n');
  });

  test('shows the containers of its own root alone', async (t) => {
    const { dom0, bundle } = await makeCreated(t);
    const root = dom0.path('other');
    assertSilent(await dom0.runx(['--root', root, 'create', '--bundle', bundle, 'web']));
    assertSilent(await dom0.runx(['--root', root, 'delete', 'web']));
    assertPrints(await dom0.runx(['--root', root, 'list', '-q']), '');
    assertPrints(await dom0.runx(['list', '-q']), 'web\n');
    assert.equal(dom0.domains().length, 1);
  });
});
