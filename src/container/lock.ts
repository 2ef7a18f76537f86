import { closeSync } from 'node:fs';

import type { Context } from '../context.ts';
import { RunxError, sentences } from '../errors.ts';
import { isStillAt, openDescriptor } from '../host/flock.ts';
import { isInstalled, lock, openRunxMonitor } from '../host/runx-monitor.ts';
import { containerDirectory } from './directory.ts';

const deadlineMs = 60_000;

/** A lock that the kernel releases when the process that holds it ends. */
export interface Lock {
  readonly release: () => void;
}

/**
 * Takes the lock of a container, without which a container must not be created, changed or removed.
 * Returns undefined if the container does not exist.  The lock is a flock(2) on the state
 * directory, so a later container with the same id has another lock.
 */
export const lockContainer = async (context: Context, id: string): Promise<Lock | undefined> => {
  const directory = containerDirectory(context.root, id);
  const tool = openRunxMonitor(context);
  for (;;) {
    const descriptor = openDescriptor(directory);
    if (descriptor === undefined) return undefined;
    const held: Lock = { release: () => closeSync(descriptor) };
    // Without runx-monitor there is no lock, but a container can still be deleted.
    if (await isInstalled(tool)) {
      const isLocked = await lock(tool, descriptor, deadlineMs).catch((error: unknown) => {
        held.release();
        throw error;
      });
      if (!isLocked) {
        held.release();
        throw new RunxError(`container ${id}: another runx is changing it: try again later`);
      }
    }
    if (isStillAt(descriptor, directory)) return held;
    held.release();
  }
};

/** Runs `action` with the lock of the container; throws RunxError if the container is gone. */
export const withLock = async <T>(
  context: Context,
  id: string,
  action: () => Promise<T>,
): Promise<T> => {
  const held = await lockContainer(context, id);
  if (held === undefined) throw new RunxError(sentences.doesNotExist);
  try {
    return await action();
  } finally {
    held.release();
  }
};
