import { access, open, readFile, readdir, rename } from 'node:fs/promises';

import { RunxError, hasCode, messageOf } from '../errors.ts';

/** What a reading of `path` resolves to; undefined when the path does not exist.  Any other failure is an error. */
export const ifThere = async <T>(path: string, reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new RunxError(`${path}: ${messageOf(error)}`);
  }
};

/** The text of a file; undefined when the file does not exist.  Any other failure is an error. */
export const readIfThere = (file: string): Promise<string | undefined> =>
  ifThere(file, readFile(file, 'utf8'));

/** The names in a directory; empty when the directory does not exist.  Any other failure is an error. */
export const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await ifThere(directory, readdir(directory))) ?? [];

/** Whether the path exists; an error where that cannot be known. */
export const isThere = async (path: string): Promise<boolean> =>
  (await ifThere(
    path,
    access(path).then(() => true),
  )) ?? false;

/** Whether the path exists; true also where that cannot be known. */
export const mayBeThere = (path: string): Promise<boolean> => isThere(path).catch(() => true);

export interface WriteOptions {
  readonly mode: number;
  /** Whether the text must outlive a power cut: it is on the disk before it has its name. */
  readonly durable?: boolean;
}

/** Writes a file so that a reader finds the old text or the new one, never a part. */
export const writeAtomically = async (
  file: string,
  text: string,
  { mode, durable = false }: WriteOptions,
): Promise<void> => {
  const draft = `${file}.new`;
  const handle = await open(draft, 'w', mode);
  try {
    await handle.writeFile(text);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
};
