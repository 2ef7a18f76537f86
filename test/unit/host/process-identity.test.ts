import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { isAlive, parseStartTime } from '../../../src/host/process-identity.ts';

// /proc/PID/stat of a process with this name and state, whose start time is 987654.
const statOf = (name: string, state: string): string =>
  `4711 (${name}) ${state} 1 4711 4711 0 -1 4194560 900 0 0 0 1 2 0 0 20 0 1 0 987654 8650752 344 18446744073709551615 1 1 0 0 0 0 0 0 2 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n`;

for (const name of ['runx-monitor', 'a b', ') Z 1 (', '))) ', '(', '', 'x) S 1 2 3']) {
  test(`the start time is found behind a command named ${JSON.stringify(name)}`, () => {
    assert.equal(parseStartTime(statOf(name, 'S')), '987654');
  });
}

for (const state of ['Z', 'X']) {
  test(`a process in state ${state} has no start time`, () => {
    assert.equal(parseStartTime(statOf('runx-monitor', state)), undefined);
  });
}

test('this process is alive', async () => {
  const startTime = parseStartTime(await readFile('/proc/self/stat', 'utf8'));
  assert.equal(await isAlive({ pid: process.pid, startTime: String(startTime) }), true);
});

test('another process with the same pid is not taken for it', async () => {
  assert.equal(await isAlive({ pid: process.pid, startTime: '1' }), false);
});

test('a pid of no process is not alive', async () => {
  assert.equal(await isAlive({ pid: 2 ** 22 + 1, startTime: '1' }), false);
});
