import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A directory of the test's own, which is removed when the test ends. */
export const temporaryDirectory = async (t: TestContext): Promise<string> => {
  const name = t.name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 32);
  const directory = await mkdtemp(join(tmpdir(), `runx-test-${name}-`));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
};
