import { readFile, writeFile } from 'node:fs/promises';

import type { FileTime } from './results.ts';

const table = 'test/seconds.json';

/** How long test files have taken when somebody wrote it down. */
export const readSeconds = async (): Promise<Readonly<Record<string, number>>> => {
  const seconds: Record<string, number> = JSON.parse(await readFile(table, 'utf8'));
  return seconds;
};

/** The table with what these files have taken. */
export const writeSeconds = async (files: readonly FileTime[]): Promise<void> => {
  const now = files
    .toSorted((one, other) => one.file.localeCompare(other.file))
    .map(({ file, seconds }) => [file, Math.round(seconds)] as const);
  await writeFile(table, `${JSON.stringify(Object.fromEntries(now), null, 2)}\n`);
};
