import { writeSync } from 'node:fs';

import { RunxError, hasCode, messageOf } from '../errors.ts';

/** Writes a result, all of it, to standard output. */
export const print = async (text: string | Uint8Array): Promise<void> => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const written = writeNow(bytes);
  if (written < bytes.length) await writeLater(bytes.subarray(written));
};

/** Writes as much as standard output takes at once: the stream takes 3 ms to load. */
const writeNow = (bytes: Uint8Array): number => {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (error) {
    if (!hasCode(error, 'EAGAIN')) throw new RunxError(`standard output: ${messageOf(error)}`);
  }
  return written;
};

const writeLater = async (text: Uint8Array): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(new RunxError(`standard output: ${error.message}`));
    process.stdout.once('error', fail);
    process.stdout.write(text, (error) => {
      if (error) return fail(error);
      process.stdout.off('error', fail);
      return resolve();
    });
  });
};
