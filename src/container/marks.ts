import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { RunxError, hasCode, messageOf, sentences } from '../errors.ts';
import { mayBeThere, readIfThere, removeFile } from '../host/files.ts';
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

// A file that becomes a mark when the file system has no room for another one.
const spareOf = (root: string, id: string): string => join(containerDirectory(root, id), 'spare');

/** Makes the file that setMark takes when the file system is full. */
export const makeSpare = async (root: string, id: string): Promise<void> =>
  writeFileSync(spareOf(root, id), '', { mode: 0o600 });

/** Renames a file; false if it is not there. */
const renameIfThere = (from: string, to: string): boolean => {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw new RunxError(`${from}: ${messageOf(error)}`);
  }
};

/** Makes the spare file a mark; false if there is none. */
const setSpare = (root: string, id: string, mark: Mark): boolean =>
  renameIfThere(spareOf(root, id), fileOf(root, id, mark));

/** Sets a mark; returns false if the mark was already set. */
export const setMark = async (
  root: string,
  id: string,
  mark: Mark,
  content = '',
): Promise<boolean> => {
  try {
    writeFileSync(fileOf(root, id, mark), content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // The container was deleted meanwhile.
    if (hasCode(error, 'ENOENT')) throw new RunxError(sentences.doesNotExist);
    if (hasCode(error, 'ENOSPC') && content === '' && setSpare(root, id, mark)) return true;
    throw error;
  }
};

/** Reads the content of a mark; undefined if the mark is not set. */
export const readMark = (root: string, id: string, mark: Mark): Promise<string | undefined> =>
  readIfThere(fileOf(root, id, mark));

export const hasMark = (root: string, id: string, mark: Mark): Promise<boolean> =>
  mayBeThere(fileOf(root, id, mark));

export const removeMark = async (root: string, id: string, mark: Mark): Promise<void> => {
  const file = fileOf(root, id, mark);
  const spare = spareOf(root, id);
  if (await mayBeThere(spare)) removeFile(file);
  else renameIfThere(file, spare);
};
