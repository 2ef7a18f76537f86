import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const directory = new URL('../fixtures/golden/', import.meta.url);

/** Compares a text with a golden file; RUNX_TEST_UPDATE=1 writes the file instead. */
export const assertGolden = async (name: string, actual: string): Promise<void> => {
  const file = fileURLToPath(new URL(name, directory));
  if (process.env['RUNX_TEST_UPDATE'] === '1') await writeFile(file, actual);
  assert.equal(actual, await readFile(file, 'utf8'), `differs from ${name}`);
};
