import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

import { type Dom0Plan, parseAvailableMiB, planDom0s } from './dom0-plan.ts';
import { capture, show } from './programs.ts';
import { say } from './say.ts';

type Env = Readonly<Record<string, string>>;

/** A Dom0 that tests are run in. */
export interface Dom0 {
  readonly name: string;
  /** What has scripts/dom0 speak to it. */
  readonly env: Env;
  /** Was it booted by this run? */
  readonly isOurs: boolean;
  readonly up: () => Promise<boolean>;
  readonly down: () => Promise<void>;
}

const program = 'scripts/dom0';

const makeDom0 = (number: number, options: readonly string[], isOurs: boolean): Dom0 => {
  const env = { RUNX_DOM0_NUMBER: String(number) };
  return {
    name: `dom0 ${number}`,
    env,
    isOurs,
    up: async () => (await show([program, 'up', ...options], env)) === 0,
    down: async () => {
      await show([program, 'down'], env);
    },
  };
};

const isUp = async ({ env }: Dom0): Promise<boolean> =>
  (await capture([program, 'status'], env)).exitCode === 0;

const plan = async (): Promise<Dom0Plan> =>
  planDom0s({
    cpus: availableParallelism(),
    availableMiB: parseAvailableMiB(await readFile('/proc/meminfo', 'utf8')),
  });

/** The user's own Dom0, the one that is up, or new ones with these options of `scripts/dom0 up`. */
export const findDom0s = async (options: readonly string[]): Promise<readonly Dom0[]> => {
  const first = makeDom0(1, options, false);
  const { RUNX_DOM0: host } = process.env;
  if (host !== undefined) return [{ ...first, name: host }];
  if (await isUp(first)) return [first];
  const { count, small } = await plan();
  const ours = [...options, ...(small ? ['--small'] : []), '--while', String(process.pid)];
  return Array.from({ length: count }, (_, index) => makeDom0(index + 1, ours, true));
};

// What no test may leave behind, and what the next ones would be blamed for.
const look = 'xl list | tail -n +3; ls -A /run/runx 2>/dev/null || true';

/** Makes a Dom0 in which a test has failed fit for the next one; false when it cannot be. */
export const renew = async (dom0: Dom0): Promise<boolean> => {
  const { output, exitCode } = await capture([program, 'exec', '--', 'sh', '-c', look], dom0.env);
  if (exitCode === 0 && output === '') return true;
  say(`${dom0.name}: ${exitCode === 0 ? `left behind: ${output}` : 'no answer'}`);
  if (!dom0.isOurs) return exitCode === 0;
  await dom0.down();
  return dom0.up();
};
