import assert from 'node:assert/strict';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx kill of a running container', { concurrency: 4 }, () => {
  const signals: readonly [args: readonly string[], number: number][] = [
    [['kill', 'web'], 15],
    [['kill', 'web', '15'], 15],
    [['kill', 'web', 'SIGHUP'], 1],
    [['kill', 'web', 'usr1'], 10],
    [['kill', 'web', 'RTMIN+1'], 35],
    [['kill', '--all', 'web', '10'], 10],
    [['kill', 'web', '10', '--all'], 10],
    [['kill', '-a', 'web', 'TERM'], 15],
  ];
  test('signal 0 only asks whether it runs', async (t) => {
    const { dom0, status, xlCallsSince } = await makeRunning(t);
    const before = dom0.monitorCalls().length;
    for (const args of [
      ['kill', 'web', '0'],
      ['kill', '--all', 'web', '0'],
    ])
      assertSilent(await dom0.runx(args));
    assert.equal(dom0.monitorCalls().length, before);
    assert.deepEqual(xlCallsSince(), []);
    assert.equal(await status(), 'running');
  });

  test('signal 0 to a stopped container is refused; with --all it is ignored', async (t) => {
    const { dom0 } = await makeStopped(t);
    assertFails(await dom0.runx(['kill', 'web', '0']), 'container not running');
    assertSilent(await dom0.runx(['kill', '--all', 'web', '0']));
  });

  for (const [args, number] of signals) {
    test(`${args.join(' ')} tells the monitor signal ${number}, and starts no program`, async (t) => {
      const { dom0, status, xlCallsSince } = await makeRunning(t);
      assertSilent(await dom0.runx(args));
      const all = args.includes('--all') || args.includes('-a');
      await dom0.told('start', `signal ${all ? 'all ' : ''}${number}`);
      assert.equal(dom0.monitorCalls().length, 1);
      assert.deepEqual(xlCallsSince(), []);
      assert.equal(await status(), 'running');
    });
  }

  for (const args of [
    ['kill', 'web', 'KILL'],
    ['kill', 'web', '9'],
    ['kill', '--all', 'web', '9'],
  ]) {
    test(`${args.join(' ')} has the monitor destroy its domain`, async (t) => {
      const { dom0, waitForEnd, xlCallsSince } = await makeRunning(t);
      assertSilent(await dom0.runx(args));
      await dom0.told('start', 'destroy 9');
      await waitForEnd();
      assert.deepEqual(xlCallsSince(), []);
      assert.equal(dom0.monitorCalls().length, 1);
    });
  }

  test('a domain whose record is damaged takes signals, and KILL', async (t) => {
    const { dom0, waitForEnd } = await makeRunning(t);
    await writeFile(dom0.domainFile('web', 'domain.json'), 'garbage');
    assertSilent(await dom0.runx(['kill', 'web', 'TERM']));
    assert.match((await dom0.runx(['list'])).stdout, /^web .*running/m);
    assertSilent(await dom0.runx(['kill', 'web', 'KILL']));
    await dom0.told('start', 'signal 15', 'destroy 9');
    await waitForEnd();
  });

  test('an unknown signal is refused and nothing is sent', async (t) => {
    const { dom0, xlCallsSince } = await makeRunning(t);
    assertFails(await dom0.runx(['kill', 'web', 'NOSUCH']), 'unknown signal "NOSUCH"');
    assert.equal(dom0.monitorCalls().length, 1);
    assert.deepEqual(xlCallsSince(), []);
  });

  test('a monitor that takes no more lines is an error', async (t) => {
    const { dom0, monitor, status } = await makeRunning(t);
    const fifo = dom0.path('root/web/control');
    process.kill(monitor, 'SIGSTOP');
    const descriptor = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    assert.throws(() => {
      for (;;) writeSync(descriptor, '\n'.repeat(4096));
    }, /EAGAIN/);
    closeSync(descriptor);
    assertFails(
      await dom0.runx(['kill', 'web', 'HUP']),
      `${fifo}: the monitor takes no more lines`,
    );
    assert.equal(await status(), 'running');
  });
});

describe('runx kill of a container that does not run', { concurrency: 4 }, () => {
  test('a signal that ends a process ends a created container', async (t) => {
    const { dom0, status, waitForEnd } = await makeCreated(t);
    assertSilent(await dom0.runx(['kill', 'web', 'TERM']));
    await dom0.told('destroy 15');
    await waitForEnd();
    assert.equal(await status(), 'stopped');
  });

  test('a signal that ends no process leaves a created container alone', async (t) => {
    const { dom0, status, xlCallsSince } = await makeCreated(t);
    assertSilent(await dom0.runx(['kill', 'web', 'WINCH']));
    assert.deepEqual(xlCallsSince(), []);
    assert.equal(dom0.monitorCalls().length, 1);
    assert.equal(await status(), 'created');
  });

  test('a stopped container is an error', async (t) => {
    const { dom0, xlCallsSince } = await makeStopped(t);
    assertFails(await dom0.runx(['kill', 'web', '9']), 'container not running');
    assert.deepEqual(xlCallsSince(), []);
  });

  test('a stopped container is none with --all', async (t) => {
    const { dom0, xlCallsSince } = await makeStopped(t);
    assertSilent(await dom0.runx(['kill', '--all', 'web', '9']));
    assert.deepEqual(xlCallsSince(), []);
  });

  test('an unknown id is an error, with --all too', async (t) => {
    const dom0 = await makeFakeDom0(t);
    for (const args of [
      ['kill', 'web', '9'],
      ['kill', '--all', 'web', '9'],
    ]) {
      assertFails(await dom0.runx(args), 'container does not exist');
    }
    assert.deepEqual(dom0.xlCalls(), []);
  });
});
