import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hasCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { run } from '../process.ts';

const timeoutMs = 10_000;

/** Where a container's network namespace is held, for plugins that come after its end. */
export const heldNetnsPath = (directory: string): string => join(directory, 'netns');

/**
 * Binds the network namespace of a process to a file of the state directory, so that it
 * is there until the plugins have taken out of it what they put in: some leave firewall
 * rules behind when it is gone.
 */
export const holdNetns = async (directory: string, pid: number, log: Log): Promise<void> => {
  const path = heldNetnsPath(directory);
  await writeFile(path, '', { mode: 0o600 });
  await run('mount', ['-o', 'bind', `/proc/${pid}/ns/net`, path], { log, timeoutMs });
};

/** Lets go of it; one that is not held is as good. */
export const releaseNetns = async (directory: string, log: Log): Promise<void> => {
  const path = heldNetnsPath(directory);
  try {
    await access(path);
  } catch {
    return;
  }
  try {
    await rm(path);
  } catch (error) {
    if (!hasCode(error, 'EBUSY')) throw error;
    // Somebody may be in it: it goes when they do.
    await run('umount', ['-l', path], { log, timeoutMs });
    await rm(path, { force: true });
  }
};
