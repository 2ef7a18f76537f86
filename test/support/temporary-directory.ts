import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a test's context says of the test's end. */
export interface Owner {
  readonly name: string;
  readonly after: (cleanup: () => unknown) => void;
}

/** A directory of the test's own, which is removed when the test ends. */
export const temporaryDirectory = async (t: Owner): Promise<string> => {
  const name = t.name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 32);
  const directory = await mkdtemp(join(tmpdir(), `runx-test-${name}-`));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
};
