import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

// The monitor is asked to signal the guest: domain 7, slot 1, this number.
const signalCall = (number: number, all = false): string[] => [
  'signal',
  ...(all ? ['--all'] : []),
  '7',
  '1',
  String(number),
];

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
  for (const [args, number] of signals) {
    test(`${args.join(' ')} sends signal ${number} to the guest, and xl nothing`, async (t) => {
      const { dom0, status, xlCallsSince } = await makeRunning(t);
      assertSilent(await dom0.runx(args));
      const all = args.includes('--all') || args.includes('-a');
      assert.deepEqual(dom0.monitorCalls().slice(1), [signalCall(number, all)]);
      assert.deepEqual(xlCallsSince(), []);
      assert.equal(await status(), 'running');
    });
  }

  for (const args of [
    ['kill', 'web', 'KILL'],
    ['kill', 'web', '9'],
    ['kill', '--all', 'web', '9'],
  ]) {
    test(`${args.join(' ')} destroys its domain and no other`, async (t) => {
      const { dom0, domain, waitForEnd, xlCallsSince } = await makeRunning(t);
      assertSilent(await dom0.runx(args));
      assert.deepEqual(xlCallsSince(), [['destroy', domain]]);
      await waitForEnd();
      assert.equal(await readFile(dom0.path('root/web/killed-by'), 'utf8'), '9');
      assert.equal(dom0.monitorCalls().length, 1);
    });
  }

  test('KILL destroys a domain whose record is damaged', async (t) => {
    const { dom0, domain, waitForEnd, xlCallsSince } = await makeRunning(t);
    const file = dom0.domainFile('web', 'domain.json');
    await writeFile(file, 'garbage');
    assert.match((await dom0.runx(['kill', 'web', 'TERM'])).stderr, /domain\.json is not JSON: /);
    assert.match((await dom0.runx(['list'])).stdout, /^web .*running/m);
    assertSilent(await dom0.runx(['kill', 'web', 'KILL']));
    assert.deepEqual(xlCallsSince(), [['destroy', domain]]);
    await waitForEnd();
  });

  test('an unknown signal is refused and nothing is sent', async (t) => {
    const { dom0, xlCallsSince } = await makeRunning(t);
    assertFails(await dom0.runx(['kill', 'web', 'NOSUCH']), 'unknown signal "NOSUCH"');
    assert.equal(dom0.monitorCalls().length, 1);
    assert.deepEqual(xlCallsSince(), []);
  });

  test('a signal that cannot be delivered is an error with its reason', async (t) => {
    const { dom0, status } = await makeRunning(t);
    await dom0.plan('monitor-signal.stderr', 'runx-monitor: xenstore: Device or resource busy\n');
    assertFails(
      await dom0.runx(['kill', 'web', 'HUP']),
      `${dom0.path('bin/runx-monitor')} signal failed with exit code 1: runx-monitor: xenstore: Device or resource busy`,
    );
    assert.equal(await status(), 'running');
  });
});

describe('runx kill of a container that does not run', { concurrency: 4 }, () => {
  test('a signal that ends a process ends a created container', async (t) => {
    const { dom0, domain, status, waitForEnd, xlCallsSince } = await makeCreated(t);
    assertSilent(await dom0.runx(['kill', 'web', 'TERM']));
    assert.deepEqual(xlCallsSince(), [['destroy', domain]]);
    await waitForEnd();
    assert.equal(await readFile(dom0.path('root/web/killed-by'), 'utf8'), '15');
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
