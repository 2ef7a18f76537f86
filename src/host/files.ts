import { randomBytes } from 'node:crypto';
import { access, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';

/** Awaits `reading`; undefined if the path does not exist.  Other failures throw RunxError. */
export const ifThere = async <T>(path: string, reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new RunxError(`${path}: ${messageOf(error)}`);
  }
};

/** Reads a text file; undefined if the file does not exist.  Other failures throw RunxError. */
export const readIfThere = (file: string): Promise<string | undefined> =>
  ifThere(file, readFile(file, 'utf8'));

/** Lists a directory; empty if the directory does not exist.  Other failures throw RunxError. */
export const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await ifThere(directory, readdir(directory))) ?? [];

/** Whether the path exists; throws RunxError if that cannot be determined. */
export const isThere = async (path: string): Promise<boolean> =>
  (await ifThere(
    path,
    access(path).then(() => true),
  )) ?? false;

/** Whether the path exists; also true if that cannot be determined. */
export const mayBeThere = (path: string): Promise<boolean> => isThere(path).catch(() => true);

export interface WriteOptions {
  readonly mode: number;
  /** Whether to sync the text and its name to the disk, so that they survive a power cut. */
  readonly durable?: boolean;
}

// Pid of the writer, and a part that nobody can plant a link at in a directory of others.
const draftOf = (file: string): string =>
  `${file}.${process.pid}-${randomBytes(6).toString('hex')}.new`;
const draftName = /\.(\d+)-[\da-f]{12}\.new$/;

/** Removes the drafts in a directory whose writers were killed. */
export const removeDrafts = async (directory: string): Promise<void> => {
  for (const name of await namesIn(directory)) {
    const pid = draftName.exec(name)?.[1];
    if (pid === undefined || (await mayBeThere(`/proc/${pid}`))) continue;
    await rm(join(directory, name), { force: true });
  }
};

/** Writes a file so that a reader sees either the old text or the new text, never a part. */
export const writeAtomically = async (
  file: string,
  text: string,
  { mode, durable = false }: WriteOptions,
): Promise<void> => {
  const draft = draftOf(file);
  try {
    await write(draft, text, { mode, durable });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  if (durable) await syncDirectory(dirname(file));
};

const write = async (
  file: string,
  text: string,
  { mode, durable }: WriteOptions,
): Promise<void> => {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(text);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
};

/** The new name of a file survives a crash only once its directory is written too. */
const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
