import { readFile, writeFile } from 'node:fs/promises';

import type { FileRun } from './results.ts';

const table = 'test/seconds.json';

/** How long test files have taken when somebody wrote it down. */
export const readSeconds = async (): Promise<Readonly<Record<string, number>>> => {
  const seconds: Record<string, number> = JSON.parse(await readFile(table, 'utf8'));
  return seconds;
};

/** Writes down what files have taken in a Dom0. */
export const writeSeconds = async (files: readonly FileRun[]): Promise<void> => {
  const now = files
    .filter(({ where }) => where !== undefined)
    .map(({ file, seconds }) => [file, Math.round(seconds)] as const);
  const all = Object.entries({ ...(await readSeconds()), ...Object.fromEntries(now) });
  const inOrder = all.toSorted(([one], [other]) => one.localeCompare(other));
  await writeFile(table, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`);
};
