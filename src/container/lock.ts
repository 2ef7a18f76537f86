import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { Context } from '../context.ts';
import { RunxError, hasCode, sentences } from '../errors.ts';
import { withDirectoryLock } from '../host/flock.ts';
import {
  type ProcessIdentity,
  findIdentity,
  isAlive,
  parseIdentity,
  renderIdentity,
} from '../host/process-identity.ts';
import { isInstalled, openRunxMonitor } from '../host/runx-monitor.ts';
import { containerDirectory } from './directory.ts';

const deadlineMs = 60_000;
const pollMs = 20;

/** A lock that is void once the process that holds it has ended. */
export interface Lock {
  readonly release: () => void;
}

const linkOf = (directory: string): string => join(directory, 'lock');

/**
 * Takes the lock of a container, without which a container must not be created, changed or removed.
 * Returns undefined if the container does not exist.  The lock is the symbolic link `lock` in the
 * state directory, whose target is the pid and start time of its holder: Node.js has no flock(2),
 * and a program that has it costs more than what most operations do.
 */
export const lockContainer = async (context: Context, id: string): Promise<Lock | undefined> => {
  const directory = containerDirectory(context.root, id);
  const link = linkOf(directory);
  const own = renderIdentity(await ownIdentity());
  const deadline = process.uptime() * 1000 + deadlineMs;
  for (;;) {
    try {
      symlinkSync(own, link);
      return { release: () => release(link, own) };
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      // A full file system must not keep anybody from deleting a container.
      if (!hasCode(error, 'EEXIST')) return { release: () => {} };
    }
    await removeStale(context, directory);
    if (process.uptime() * 1000 > deadline) {
      throw new RunxError(`container ${id}: another runx is changing it: try again later`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
};

const ownIdentity = async (): Promise<ProcessIdentity> => {
  const own = await findIdentity(process.pid);
  if (own === undefined)
    throw new RunxError('/proc does not show this process: mount proc on /proc');
  return own;
};

const readTarget = (link: string): string | undefined => {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // the lock, or the container, is gone
  }
};

const findHolder = (link: string): ProcessIdentity | undefined => parseIdentity(readTarget(link));

/** Removes a lock whose holder has ended; only one process at a time does so, by flock(2). */
const removeStale = async (context: Context, directory: string): Promise<void> => {
  const link = linkOf(directory);
  if (!(await isStale(link))) return;
  const remove = async (): Promise<void> => {
    if (await isStale(link)) unlinkSync(link);
  };
  const tool = openRunxMonitor(context);
  // Without runx-monitor there is nothing to exclude others by, but a container can be deleted.
  try {
    if (await isInstalled(tool)) await withDirectoryLock(tool, directory, remove);
    else await remove();
  } catch (error) {
    // The holder has removed the container before it ended.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
};

const isStale = async (link: string): Promise<boolean> => {
  const holder = findHolder(link);
  return holder !== undefined && !(await isAlive(holder));
};

/** Whether another process, which lives, has the lock of the container. */
export const isLockedByOther = async (directory: string): Promise<boolean> => {
  const holder = findHolder(linkOf(directory));
  return holder !== undefined && holder.pid !== process.pid && (await isAlive(holder));
};

/** The container, and another one after it, may have been removed and made meanwhile. */
const release = (link: string, own: string): void => {
  if (readTarget(link) === own) unlinkSync(link);
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
