import { access, readFile, readdir } from 'node:fs/promises';

import { RunxError, hasCode, messageOf } from '../errors.ts';

/** What reading comes to; undefined when there is no such file or directory. */
export const ifThere = async <T>(path: string, reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new RunxError(`${path}: ${messageOf(error)}`);
  }
};

/** The text of a file; undefined when there is none.  One that cannot be read is an error. */
export const readIfThere = (file: string): Promise<string | undefined> =>
  ifThere(file, readFile(file, 'utf8'));

/** The names in a directory; none when there is none.  One that cannot be read is an error. */
export const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await ifThere(directory, readdir(directory))) ?? [];

/** Whether there is anything at a path.  Where that cannot be known, it is an error. */
export const isThere = async (path: string): Promise<boolean> =>
  (await ifThere(
    path,
    access(path).then(() => true),
  )) ?? false;

/** The same, where what cannot be known counts as there. */
export const mayBeThere = (path: string): Promise<boolean> => isThere(path).catch(() => true);
