import { existsSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { hasCode } from '../errors.ts';
import { removeFile } from '../host/files.ts';
import type { Log } from '../log.ts';
import { run } from '../process.ts';

const timeoutMs = 10_000;

/** The file to which a container's network namespace is bound, for DEL after the container ends. */
export const heldNetnsPath = (directory: string): string => join(directory, 'netns');

/**
 * Binds the network namespace of a process to a file in the state directory.  This keeps the
 * namespace until DEL: without it, some plugins leave firewall rules behind.
 */
export const holdNetns = async (directory: string, pid: number, log: Log): Promise<void> => {
  const path = heldNetnsPath(directory);
  writeFileSync(path, '', { mode: 0o600 });
  await run('mount', ['-o', 'bind', `/proc/${pid}/ns/net`, path], { log, timeoutMs });
};

/** Removes the bind mount and its file, if they exist. */
export const releaseNetns = async (directory: string, log: Log): Promise<void> => {
  const path = heldNetnsPath(directory);
  if (!existsSync(path)) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'EBUSY')) throw error;
    // A process may still be in the namespace; the mount is detached lazily.
    await run('umount', ['-l', path], { log, timeoutMs });
    removeFile(path);
  }
};
