import { closeSync, fstatSync, openSync, statSync } from 'node:fs';

import { RunxError, ToolError, hasCode, sentences } from '../errors.ts';
import { findProgram, runWithDescriptor } from '../process.ts';
import type { Context } from './context.ts';
import { containerDirectory } from './store.ts';

const timeoutMs = 60_000;

/** Ends with the process that holds it, however that ends. */
export interface Lock {
  readonly release: () => void;
}

// Whether the descriptor is on what the path names now.
const isSame = (descriptor: number, path: string): boolean => {
  const held = fstatSync(descriptor);
  const named = statSync(path, { throwIfNoEntry: false });
  return named !== undefined && held.ino === named.ino && held.dev === named.dev;
};

const openIfThere = (path: string): number | undefined => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

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
      try {
        // Node has no flock, and a lock belongs to all who share the descriptor.
        await runWithDescriptor(config.monitor, ['lock'], descriptor, { log, timeoutMs });
      } catch (error) {
        lock.release();
        // A tool that was ended, and not one that failed.
        if (!(error instanceof ToolError) || error.exitCode !== undefined) throw error;
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
