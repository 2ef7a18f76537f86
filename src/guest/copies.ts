import { promises as fs } from 'node:fs';

import { RunxError } from '../errors.ts';
import { openChosenFile } from '../host/chosen-file.ts';
import { filesDirectory } from '../protocol/contract.ts';
import type { Copy } from './bind-mounts.ts';
import { type CpioEntry, inRamdisk } from './cpio.ts';

// A copy is in the domain's memory, and xl reads it with the ramdisk.
const maximumBytes = 1024 * 1024;
const privateDirectory = 0o040700;

/** The ramdisk's part with copies of files. */
export const readCopies = async (copies: readonly Copy[]): Promise<readonly CpioEntry[]> => {
  if (copies.length === 0) return [];
  const files = await Promise.all(copies.map(readCopy));
  return [{ path: inRamdisk(filesDirectory), mode: privateDirectory }, ...files];
};

const readCopy = async ({ path, source }: Copy): Promise<CpioEntry> => {
  const refuse = (why: string): never => {
    throw new RunxError(`bind mount of ${source}: the file ${why}`);
  };
  const file = await openChosenFile(await fs.realpath(source), { refuse });
  try {
    const { mode, uid, gid, size } = await file.stat();
    if (size > maximumBytes) {
      refuse(
        `has ${size} bytes, but at most ${maximumBytes} can be bound if the host has no diod: install diod`,
      );
    }
    return { path: inRamdisk(path), mode, uid, gid, content: await file.readFile() };
  } finally {
    await file.close();
  }
};
