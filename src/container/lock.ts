import { closeSync } from 'node:fs';

import type { Context } from '../context.ts';
import { RunxError, sentences } from '../errors.ts';
import { isStillAt, openDescriptor } from '../host/flock.ts';
import { isInstalled, lock, openRunxMonitor } from '../host/runx-monitor.ts';
import { containerDirectory } from './directory.ts';

const deadlineMs = 60_000;

/** A lock that ends with the process that holds it, however that ends. */
export interface Lock {
  readonly release: () => void;
}

/**
 * Makes its holder the only one to create, change or remove the container; undefined when there is
 * no such container (any more).  The lock is flock(2)'s, on the container's directory: a later
 * container with the same id has another directory.
 */
export const lockContainer = async (context: Context, id: string): Promise<Lock | undefined> => {
  const directory = containerDirectory(context.root, id);
  const tool = openRunxMonitor(context);
  for (;;) {
    const descriptor = openDescriptor(directory);
    if (descriptor === undefined) return undefined;
    const held: Lock = { release: () => closeSync(descriptor) };
    // Where runx-monitor is missing nothing can be created, but what is left can go.
    if (await isInstalled(tool)) {
      const isLocked = await lock(tool, descriptor, deadlineMs).catch((error: unknown) => {
        held.release();
        throw error;
      });
      if (!isLocked) {
        held.release();
        throw new RunxError(`container ${id} is being changed by another runx`);
      }
    }
    if (isStillAt(descriptor, directory)) return held;
    held.release();
  }
};

/** Runs `action` while no other runx creates, changes or removes the container. */
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
