import { open, readFile, readdir } from 'node:fs/promises';

/** Reads a text file; returns undefined if the file cannot be read for any reason. */
export const readIfReadable = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

/** Lists a directory; returns an empty list if the directory cannot be read. */
export const namesIfReadable = (path: string): Promise<readonly string[]> =>
  readdir(path).catch(() => []);

/** Reads at most `bytes` bytes from the start of a file. */
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
