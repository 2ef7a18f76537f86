import { open, readFile, readdir } from 'node:fs/promises';

/** The text of a file; undefined when it cannot be read, for whatever reason. */
export const readIfReadable = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

/** The names in a directory; none when it cannot be read. */
export const namesIfReadable = (path: string): Promise<readonly string[]> =>
  readdir(path).catch(() => []);

/** The first bytes of a file. */
export const readHead = async (path: string, bytes: number): Promise<Buffer> => {
  const handle = await open(path);
  try {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};
