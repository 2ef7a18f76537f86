import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { RunxError, hasCode, sentences } from '../errors.ts';
import { mayBeThere, readIfThere } from '../host/files.ts';
import { containerDirectory } from './directory.ts';

/**
 * Facts about a container that are not in its record.  Each mark is a file in the state directory:
 *
 * - `creator`: pid and start time of the runx that creates the container
 * - `hooked`: the hooks of `create` have begun
 * - `started`: `start` has begun
 * - `unpaused`: `start` has succeeded
 * - `paused`: the container is paused
 * - `destroyed`: the domain is destroyed; the keeper of the domain sets it
 */
export type Mark = 'creator' | 'hooked' | 'started' | 'unpaused' | 'paused' | 'destroyed';

const fileOf = (root: string, id: string, mark: Mark): string =>
  join(containerDirectory(root, id), mark);

/** Sets a mark; returns false if the mark was already set. */
export const setMark = async (
  root: string,
  id: string,
  mark: Mark,
  content = '',
): Promise<boolean> => {
  try {
    const file = await open(fileOf(root, id, mark), 'wx', 0o600);
    await file.writeFile(content);
    await file.close();
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // The container was deleted meanwhile.
    if (hasCode(error, 'ENOENT')) throw new RunxError(sentences.doesNotExist);
    throw error;
  }
};

/** Reads the content of a mark; undefined if the mark is not set. */
export const readMark = (root: string, id: string, mark: Mark): Promise<string | undefined> =>
  readIfThere(fileOf(root, id, mark));

export const hasMark = (root: string, id: string, mark: Mark): Promise<boolean> =>
  mayBeThere(fileOf(root, id, mark));

export const removeMark = (root: string, id: string, mark: Mark): Promise<void> =>
  rm(fileOf(root, id, mark), { force: true });
