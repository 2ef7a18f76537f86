import {
  accessSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';

// Files of a few lines are read and written by the synchronous calls: to load node:fs/promises and
// to wait for its threads costs more ("What a start costs" in src/README.md).

/** Awaits `reading`; undefined if the path does not exist.  Other failures throw RunxError. */
export const ifThere = async <T>(path: string, reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new RunxError(`${path}: ${messageOf(error)}`);
  }
};

/** What a synchronous call returns or throws, as a promise. */
const attempt = async <T>(call: () => T): Promise<T> => call();

/** Reads a text file; undefined if the file does not exist.  Other failures throw RunxError. */
export const readIfThere = (file: string): Promise<string | undefined> =>
  ifThere(
    file,
    attempt(() => readFileSync(file, 'utf8')),
  );

/** Lists a directory; empty if the directory does not exist.  Other failures throw RunxError. */
export const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await ifThere(
    directory,
    attempt(() => readdirSync(directory)),
  )) ?? [];

/** Whether the path exists; throws RunxError if that cannot be determined. */
export const isThere = async (path: string): Promise<boolean> =>
  (await ifThere(
    path,
    attempt(() => {
      accessSync(path);
      return true;
    }),
  )) ?? false;

/** Whether the path exists; also true if that cannot be determined. */
export const mayBeThere = (path: string): Promise<boolean> => isThere(path).catch(() => true);

export interface WriteOptions {
  readonly mode: number;
  /** Whether to sync the text and its name to the disk, so that they survive a power cut. */
  readonly durable?: boolean;
}

/** Random bytes of the kernel's: node:crypto takes 3 ms to load. */
const randomBytes = (count: number): Buffer => {
  const bytes = Buffer.alloc(count);
  const source = openSync('/dev/urandom', 'r');
  try {
    readSync(source, bytes);
  } finally {
    closeSync(source);
  }
  return bytes;
};

// Pid of the writer, and a part that nobody can plant a link at in a directory of others.
const draftOf = (file: string): string =>
  `${file}.${process.pid}-${randomBytes(6).toString('hex')}.new`;
const draftName = /\.(\d+)-[\da-f]{12}\.new$/;

/** Removes a file, if it is there. */
export const removeFile = (file: string): void => {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error;
  }
};

/** Removes the drafts in a directory whose writers were killed. */
export const removeDrafts = async (directory: string): Promise<void> => {
  for (const name of await namesIn(directory)) {
    const pid = draftName.exec(name)?.[1];
    if (pid === undefined || (await mayBeThere(`/proc/${pid}`))) continue;
    removeFile(join(directory, name));
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
    write(draft, text, { mode, durable });
    renameSync(draft, file);
  } catch (error) {
    removeFile(draft);
    throw error;
  }
  if (durable) syncDirectory(dirname(file));
};

const write = (file: string, text: string, { mode, durable }: WriteOptions): void => {
  const descriptor = openSync(file, 'wx', mode);
  try {
    writeFileSync(descriptor, text);
    if (durable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** The new name of a file survives a crash only once its directory is written too. */
const syncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
