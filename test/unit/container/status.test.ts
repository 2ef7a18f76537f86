import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Operation, type Phase, refusalOf } from '../../../src/container/status.ts';

const phases: readonly Phase[] = [
  'creating',
  'created',
  'starting',
  'running',
  'paused',
  'stopped',
];

const ok = undefined;
const notRunning = 'container not running';
const notPaused = 'container not paused';
const notStopped = (status: string): string =>
  `cannot delete container web that is not stopped: ${status}`;
const noFigures = 'container with id web is not running';

/** What each operation answers in each of the phases above. */
const table: Readonly<Record<Operation, readonly (string | undefined)[]>> = {
  start: [
    'container web is still being created: wait for runx create',
    ok,
    ok,
    'cannot start an already running container',
    'cannot start a container in the paused state',
    'cannot start a container that has stopped',
  ],
  kill: [notRunning, ok, ok, ok, ok, notRunning],
  delete: [
    notStopped('creating'),
    ok,
    notStopped('running'),
    notStopped('running'),
    notStopped('paused'),
    ok,
  ],
  exec: [
    'cannot exec in a creating container',
    ok,
    ok,
    ok,
    'cannot exec in a paused container',
    'cannot exec in a stopped container',
  ],
  pause: [notRunning, notRunning, ok, ok, notRunning, notRunning],
  resume: [notPaused, notPaused, notPaused, notPaused, ok, notPaused],
  update: [notRunning, ok, ok, ok, ok, notRunning],
  events: [noFigures, ok, ok, ok, ok, noFigures],
  top: [notRunning, ok, ok, ok, ok, notRunning],
  ps: [ok, ok, ok, ok, ok, notRunning],
  console: [ok, ok, ok, ok, ok, notRunning],
};

const operations: readonly Operation[] = [
  'start',
  'kill',
  'delete',
  'exec',
  'pause',
  'resume',
  'update',
  'events',
  'top',
  'ps',
  'console',
];

for (const operation of operations) {
  for (const [index, phase] of phases.entries()) {
    const answer = table[operation][index];
    test(`${operation} of a container that is ${phase}: ${answer ?? 'allowed'}`, () => {
      assert.equal(refusalOf(operation, 'web', phase), answer);
    });
  }
}
