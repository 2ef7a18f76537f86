import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const gcc = '/usr/bin/gcc';
const options = { skip: existsSync(gcc) ? false : `no ${gcc}` };
const built = mkdtempSync(join(tmpdir(), 'runx-xenstore-'));
const program = join(built, 'xenstore');

before(() => {
  if (options.skip !== false) return;
  const sources = [
    'test/fixtures/xenstore/main.c',
    'src/backend/device.c',
    'src/host/domain.c',
    'src/host/guest_signal.c',
    'src/protocol/number.c',
    'src/protocol/retry.c',
    'src/protocol/transaction.c',
  ];
  const flags = ['-std=gnu11', '-g', '-fsanitize=address,undefined', '-o', program];
  execFileSync(gcc, [...flags, ...sources], { cwd: checkout });
});
after(() => rmSync(built, { recursive: true }));

const domain = '/local/domain/7';
const name = `${domain}/name=web-1`;
const ready = `${domain}/data/1/ready=1`;
const backend = (kind: string, index: number): string =>
  `/local/domain/0/backend/${kind}/7/${index}`;
const taken = (kind: string, ...indices: readonly number[]): string[] =>
  indices.map((index) => `${backend(kind, index)}/frontend=x`);

/** What was answered, and the nodes that were written. */
const act = (nodes: readonly string[], command: string, conflicts = 0) => {
  const args = [String(conflicts), ...nodes, '--', ...command.split(' ')];
  const [answer = '', ...written] = execFileSync(program, args, { encoding: 'utf8' })
    .slice(0, -1)
    .split('\n');
  return { answer, written };
};

test('devices take the first number that is free in their range', options, () => {
  assert.equal(act([], 'offer 9pfs:0-255 9pfs:0-255').answer, '9pfs 9pfs 0 1 done');
  assert.equal(
    act(taken('9pfs', 0, 2), 'offer console:1-1 console:2-2 9pfs:0-9 9pfs:0-9 9pfs:0-9').answer,
    'console console 9pfs 9pfs 9pfs 1 2 1 3 4 done',
  );
  assert.equal(act(taken('console', 1, 2, 3, 5), 'offer console:3-63').answer, 'console 4 done');
});

test('all devices are offered, or none', options, () => {
  const { answer, written } = act(taken('9pfs', 1), 'offer console:1-1 9pfs:0-1 9pfs:0-1');
  assert.deepEqual([answer, written], ['No space left on device', []]);
  assert.equal(act(taken('console', 1), 'offer console:1-1').answer, 'No space left on device');
});

test('an offer has both ends of a device, also when others write meanwhile', options, () => {
  const { answer, written } = act([], 'offer 9pfs:0-3', 3);
  assert.equal(answer, '9pfs 0 done');
  assert.deepEqual(written, [
    `${domain}/device/9pfs=`,
    '/local/domain/0/backend/9pfs/7=',
    `${backend('9pfs', 0)}=`,
    `${domain}/device/9pfs/0=`,
    `${backend('9pfs', 0)}/frontend=${domain}/device/9pfs/0`,
    `${backend('9pfs', 0)}/frontend-id=7`,
    `${backend('9pfs', 0)}/online=1`,
    `${backend('9pfs', 0)}/state=2`,
    `${domain}/device/9pfs/0/backend=${backend('9pfs', 0)}`,
    `${domain}/device/9pfs/0/backend-id=0`,
    `${domain}/device/9pfs/0/state=1`,
  ]);
  assert.equal(act([], 'offer 9pfs:0-3', 1000).answer, 'Resource temporarily unavailable');
});

test('a device is taken back once its frontend has closed', options, () => {
  const nodes = [
    `${backend('console', 3)}=`,
    ...taken('console', 3),
    `${domain}/device/console/3=`,
    `${domain}/device/console/3/state=6`,
  ];
  assert.deepEqual(act(nodes, 'withdraw console 3', 1), { answer: 'done', written: [] });
  assert.deepEqual(act([], 'withdraw console 3'), { answer: 'done', written: [] });
});

test('a guest is reminded of a device while it has not begun to use it', options, () => {
  const frontend = `${domain}/device/console/1`;
  const state = (number: number): string => `${frontend}/state=${number}`;
  const given = `${frontend}/backend-id=0`;
  assert.deepEqual(act([state(1)], 'remind console 1'), { answer: 'waits done', written: [given] });
  assert.deepEqual(act([state(1)], 'remind console 1', 2).written, [given]);
  assert.deepEqual(act([state(3)], 'remind console 1'), { answer: 'is used done', written: [] });
  assert.deepEqual(act([], 'remind console 1'), { answer: 'is used done', written: [] });
});

test('a domain is found by its name', options, () => {
  const names = ['/local/domain/0/name=Domain-0', '/local/domain/5/name=web-2', name];
  assert.equal(act(names, 'find web-1').answer, '7 done');
  assert.equal(act(names, 'find web').answer, 'No such process');
  assert.equal(act([], 'find web-1').answer, 'No such file or directory');
});

test('a signal is a word with its slot in the queue, and has the guest look', options, () => {
  assert.deepEqual(act([name, ready], 'signal 1 15', 2).written, [
    `${domain}/data/signals=1:15 `,
    `${domain}/control/shutdown=poweroff`,
  ]);
  const queue = `${domain}/data/signals=1:15 `;
  const second = `${domain}/data/2/ready=0`;
  assert.deepEqual(act([name, queue, second], 'signal 2 -9').written, [
    `${domain}/data/signals=1:15 2:-9 `,
    `${domain}/control/shutdown=poweroff`,
  ]);
});

test('a guest that is not ready finds its signals by itself', options, () => {
  assert.deepEqual(act([name, `${domain}/data/2/ready=1`], 'signal 1 15').written, [
    `${domain}/data/signals=1:15 `,
  ]);
});

test('nothing is written for a domain that is gone, or beyond a full queue', options, () => {
  const full = `${domain}/data/signals=${'1:15 '.repeat(48)}`;
  assert.deepEqual(act([ready], 'signal 1 15'), { answer: 'No such process', written: [] });
  assert.deepEqual(act([name, ready, full], 'signal 1 15'), {
    answer: 'Argument list too long',
    written: [],
  });
});

test('a guest of its own is asked to power off, by what ends a process', options, () => {
  assert.deepEqual(act([name], 'power-off 15').written, [`${domain}/control/shutdown=poweroff`]);
  assert.deepEqual(act([name], 'power-off 28'), { answer: 'done', written: [] });
  assert.equal(act([], 'power-off 15').answer, 'No such process');
});
