import { closeSync, fstatSync, openSync, statSync } from 'node:fs';

import { RunxError, hasCode } from '../errors.ts';
import { type RunxMonitor, lock } from './runx-monitor.ts';

/** Opens a file or directory for reading; undefined if the path does not exist. */
export const openDescriptor = (path: string): number | undefined => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

/** Whether the path still names the file that the descriptor is open on. */
export const isStillAt = (descriptor: number, path: string): boolean => {
  const held = fstatSync(descriptor);
  const named = statSync(path, { throwIfNoEntry: false });
  return named !== undefined && held.ino === named.ino && held.dev === named.dev;
};

const deadlineMs = 60_000;

/** Runs `action` with the lock of the directory (flock(2)). */
export const withDirectoryLock = async <T>(
  tool: RunxMonitor,
  directory: string,
  action: () => Promise<T>,
): Promise<T> => {
  const descriptor = openSync(directory, 'r');
  try {
    if (!(await lock(tool, descriptor, deadlineMs))) {
      throw new RunxError(`${directory}: another runx holds the lock: try again later`);
    }
    return await action();
  } finally {
    closeSync(descriptor);
  }
};
