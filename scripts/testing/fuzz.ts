import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

import { buildDirectory } from './build.ts';
import { needPackages } from './programs.ts';
import { type Results, sumOf } from './results.ts';
import { runSteps } from './steps.ts';

const corpus = 'test/fuzz/corpus';

/** The C code that reads what guests and Dom0 write, with inputs made up. */
export const fuzz = async (full: boolean): Promise<Results> => {
  await needPackages('gcc', 'make', 'linux-libc-dev');
  const out = `${buildDirectory}/fuzz`;
  const make = ['make', '-s', `-j${availableParallelism()}`, '-C', 'test/fuzz', `OUT=${out}`];
  const made = await runSteps([{ name: 'fuzz targets', commands: [make] }]);
  const seconds = full ? 60 : 1;
  const seed = full ? Math.floor(Math.random() * 32_768) : 1;
  const targets = await readdir(corpus);
  const steps = targets.toSorted().map((target) => ({
    name: `fuzz ${target}, seed ${seed}:`,
    commands: [[`${out}/${target}`, String(seconds), String(seed), `${corpus}/${target}`]],
    quotes: true,
  }));
  return sumOf([made, await runSteps(steps)]);
};
