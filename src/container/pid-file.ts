import { rename, writeFile } from 'node:fs/promises';

import { RunxError, messageOf } from '../errors.ts';

/** Writes a host pid for an engine: containerd parses the whole file, so there is no newline. */
export const writePidFile = async (file: string, pid: number): Promise<void> => {
  try {
    await writeFile(`${file}.new`, String(pid), { mode: 0o644 });
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new RunxError(`--pid-file ${file}: ${messageOf(error)}`);
  }
};
