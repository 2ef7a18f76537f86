import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { namesIn } from '../host/files.ts';

/** The state directory of a container, `<root>/<id>`. */
export const containerDirectory = (root: string, id: string): string => join(root, id);

/** Whether the state directory of a container exists. */
export const containerExists = async (root: string, id: string): Promise<boolean> =>
  existsSync(containerDirectory(root, id));

// No id contains an "@".
const isOwn = (name: string): boolean => name.includes('@');

/** The sorted ids of all containers below `root`. */
export const listContainers = async (root: string): Promise<readonly string[]> =>
  (await namesIn(root)).filter((name) => !isOwn(name)).toSorted();

const removedPrefix = '@removed-';

/**
 * Removes the state directory of a container.  It loses its name first, so that nobody takes the
 * lock in a directory that is about to go.
 */
export const removeContainer = async (root: string, id: string): Promise<void> => {
  const directory = containerDirectory(root, id);
  const removed = join(root, `${removedPrefix}${process.pid}-${Date.now()}`);
  rmSync(tryRename(directory, removed) ? removed : directory, { recursive: true, force: true });
};

const tryRename = (from: string, to: string): boolean => {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false; // it is gone, or the file system is full
  }
};

/** Removes what removals that were interrupted have left below `root`; returns the directories. */
export const finishRemovals = async (root: string): Promise<readonly string[]> => {
  const names = (await namesIn(root)).filter((name) => name.startsWith(removedPrefix));
  const directories = names.map((name) => join(root, name));
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  return directories;
};
