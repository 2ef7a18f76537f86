import { availableParallelism } from 'node:os';

import { capture } from './programs.ts';
import { drain } from './queue.ts';
import { type Results, none, oneFailed, onePassed, sumOf } from './results.ts';
import { say } from './say.ts';

/** A check that passes or fails as a whole. */
export interface Step {
  readonly name: string;
  /** Programs, one after the other. */
  readonly commands: readonly (readonly string[])[];
  /** Adds what they have printed to what is said. */
  readonly quotes?: boolean;
}

const runStep = async ({ name, commands, quotes }: Step): Promise<Results> => {
  let said = '';
  for (const command of commands) {
    const { output, exitCode } = await capture(command);
    said += output;
    if (exitCode !== 0) {
      console.error(said);
      say(`FAILED: ${name}`);
      return oneFailed;
    }
  }
  say(`ok: ${name}${quotes === true ? ` ${said}` : ''}`);
  return onePassed;
};

/** Runs steps, as many at once as there are CPUs. */
export const runSteps = async (steps: readonly Step[]): Promise<Results> => {
  const results: Results[] = [none];
  const byName = new Map(steps.map((step) => [step.name, step]));
  const queue = [...byName.keys()];
  const work = async (name: string): Promise<boolean> => {
    const step = byName.get(name);
    if (step !== undefined) results.push(await runStep(step));
    return true;
  };
  await Promise.all(Array.from({ length: availableParallelism() }, () => drain(queue, work)));
  return sumOf(results);
};
