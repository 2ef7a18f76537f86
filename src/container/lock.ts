import { closeSync } from 'node:fs';

import { RunxError, sentences } from '../errors.ts';
import { flock, isSame, openIfThere } from '../host/flock.ts';
import { findProgram } from '../process.ts';
import type { Context } from './context.ts';
import { containerDirectory } from './record.ts';

const timeoutMs = 60_000;

/** Ends with the process that holds it, however that ends. */
export interface Lock {
  readonly release: () => void;
}

/**
 * Makes its holder the only one to create or to remove the container; undefined if
 * there is none (any more).  The lock is flock(2)'s, on the container's directory: a
 * later container with the same id has another directory.
 */
export const lockContainer = async (
  { config, log, root }: Context,
  id: string,
): Promise<Lock | undefined> => {
  const directory = containerDirectory(root, id);
  for (;;) {
    const descriptor = openIfThere(directory);
    if (descriptor === undefined) return undefined;
    const lock: Lock = { release: () => closeSync(descriptor) };
    // Where the monitor is missing nothing can be created, but what is left can go.
    if ((await findProgram(config.monitor)) !== undefined) {
      const options = { program: config.monitor, log, timeoutMs };
      const isLocked = await flock(descriptor, options).catch((error: unknown) => {
        lock.release();
        throw error;
      });
      if (!isLocked) {
        lock.release();
        throw new RunxError(`container ${id} is being changed by another runx`);
      }
    }
    if (isSame(descriptor, directory)) return lock;
    lock.release();
  }
};

/** Runs `action` while no other runx creates, changes or removes the container. */
export const withLock = async <T>(
  context: Context,
  id: string,
  action: () => Promise<T>,
): Promise<T> => {
  const lock = await lockContainer(context, id);
  if (lock === undefined) throw new RunxError(sentences.doesNotExist);
  try {
    return await action();
  } finally {
    lock.release();
  }
};
