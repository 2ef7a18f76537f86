import { promises as fs } from 'node:fs';

import { RunxError, messageOf } from '../errors.ts';
import { firstSlot, recordPath } from '../protocol/contract.ts';
import { readCopies } from './copies.ts';
import { inRamdisk, renderCpio } from './cpio.ts';
import { type GuestContainer, renderContainerRecord } from './record.ts';
import { compileFilter } from './seccomp/filter.ts';

const privateFile = 0o100600;

/** The base ramdisk with this container's own part behind it. */
export const buildRamdisk = async (
  base: string,
  container: Omit<GuestContainer, 'owner' | 'seccomp'>,
): Promise<Buffer> => {
  let bytes: Buffer;
  try {
    bytes = await fs.readFile(base);
  } catch (error) {
    throw new RunxError(`ramdisk ${base}: ${messageOf(error)}`);
  }
  const seccomp = await compileFilter(container.spec);
  const record = renderContainerRecord({ ...container, owner: 'container', seccomp });
  const own = renderCpio([
    { path: inRamdisk(recordPath(firstSlot)), mode: privateFile, content: record },
    ...(await readCopies(container.mounts.copies)),
  ]);
  return Buffer.concat([bytes, own]);
};
