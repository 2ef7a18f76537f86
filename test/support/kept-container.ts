import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

import { type FakeDom0, makeFakeDom0 } from './fake-dom0.ts';
import { waitUntil } from './wait-until.ts';

/** A container, "web", that runs with --keep-output. */
export interface KeptContainer {
  readonly dom0: FakeDom0;
  readonly stop: (exitCode: number) => Promise<void>;
}

/** A fake Dom0 with one that has written this. */
export const startKept = async (
  t: TestContext,
  output: string,
  changes: object = {},
): Promise<KeptContainer> => {
  const dom0 = await makeFakeDom0(t);
  await dom0.plan('container-stdout', output);
  const bundle = await dom0.makeBundle('bundle', changes);
  const args = ['run', '--detach', '--keep-output', '--bundle', bundle, 'web'];
  assert.deepEqual(await dom0.runx(args), { exitCode: 0, signal: null, stdout: '', stderr: '' });
  const kept = dom0.path('root/web/output');
  await waitUntil('the output', () => readFileSync(kept, 'utf8') === output);
  return {
    dom0,
    stop: async (exitCode) => {
      await dom0.plan('container-exit-code', String(exitCode));
      await waitUntil("the monitor's end", () => dom0.monitors().length === 0);
    },
  };
};
