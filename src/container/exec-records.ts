import { promises as fs } from 'node:fs';
import { join } from 'node:path';

import { hasCode } from '../errors.ts';
import { namesIn, readIfThere } from '../host/files.ts';
import type { ProcessIdentity } from '../host/process-identity.ts';
import { containerDirectory } from './directory.ts';

const directoryOf = (root: string, id: string): string =>
  join(containerDirectory(root, id), 'exec');

/** Saves the identity of a monitor that exec starts. */
export const saveExec = async (
  root: string,
  id: string,
  monitor: ProcessIdentity,
): Promise<void> => {
  const directory = directoryOf(root, id);
  await fs.mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  await fs.writeFile(join(directory, String(monitor.pid)), monitor.startTime, { mode: 0o600 });
};

/** Reads the identities of all monitors that exec has started; some may have ended. */
export const listExecs = async (root: string, id: string): Promise<readonly ProcessIdentity[]> => {
  const execs: ProcessIdentity[] = [];
  const directory = directoryOf(root, id);
  for (const name of await namesIn(directory)) {
    const startTime = await readIfThere(join(directory, name));
    if (startTime !== undefined) execs.push({ pid: Number(name), startTime });
  }
  return execs;
};
