import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';

import { parseStartTime } from '../../src/host/process-identity.ts';
import { assertSilent } from './assert-result.ts';
import { type FakeDom0, makeFakeDom0 } from './fake-dom0.ts';
import { waitUntil } from './wait-until.ts';

export interface Container {
  readonly id: string;
  readonly dom0: FakeDom0;
  readonly bundle: string;
  /** The name of its domain. */
  readonly domain: string;
  readonly monitor: number;
  /** The xl calls since it was there. */
  readonly xlCallsSince: () => readonly string[][];
  readonly status: () => Promise<string>;
  readonly waitForEnd: () => Promise<void>;
}

/** A fake Dom0 with one container, "web", that is created. */
export const makeCreated = async (t: TestContext, changes: object = {}): Promise<Container> => {
  const dom0 = await makeFakeDom0(t);
  const bundle = await dom0.makeBundle('bundle', changes);
  assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
  const [domain = ''] = dom0.domains();
  const [monitor = 0] = dom0.monitors();
  const before = dom0.xlCalls().length;
  return {
    id: 'web',
    dom0,
    bundle,
    domain,
    monitor,
    xlCallsSince: () => dom0.xlCalls().slice(before),
    status: async () => {
      const { stdout } = await dom0.runx(['state', 'web']);
      const { status }: { status: string } = JSON.parse(stdout);
      return status;
    },
    waitForEnd: async () => {
      await waitUntil("the monitor's end", () => dom0.monitors().length === 0);
    },
  };
};

/** The same, but running. */
export const makeRunning = async (t: TestContext, changes: object = {}): Promise<Container> => {
  const container = await makeCreated(t, changes);
  assertSilent(await container.dom0.runx(['start', 'web']));
  const before = container.dom0.xlCalls().length;
  return { ...container, xlCallsSince: () => container.dom0.xlCalls().slice(before) };
};

/** The same, but its process has exited. */
export const makeStopped = async (t: TestContext, changes: object = {}): Promise<Container> => {
  const container = await makeRunning(t, changes);
  await container.dom0.plan('container-exit-code', '0');
  await container.waitForEnd();
  return container;
};

/** When a process started, as the container's record keeps it. */
export const startTimeOf = async (pid: number): Promise<string> => {
  const startTime = parseStartTime(await readFile(`/proc/${pid}/stat`, 'utf8'));
  assert.ok(startTime !== undefined, `process ${pid} is alive`);
  return startTime;
};
