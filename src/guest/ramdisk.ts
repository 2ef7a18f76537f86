import { readFile } from 'node:fs/promises';

import { RunxError, messageOf } from '../errors.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { renderCpio } from './cpio.ts';
import { renderProcess } from './process.ts';
import { type Rootfs, renderRootfs } from './rootfs.ts';

const privateFile = 0o100600;

/** The base ramdisk with this container's own part behind it. */
export const buildRamdisk = async (
  base: string,
  spec: Spec,
  process: Process,
  rootfs: Rootfs,
): Promise<Buffer> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(base);
  } catch (error) {
    throw new RunxError(`ramdisk ${base}: ${messageOf(error)}`);
  }
  const own = renderCpio([
    { path: 'runx/process', mode: privateFile, content: renderProcess(spec, process) },
    { path: 'runx/rootfs', mode: privateFile, content: Buffer.from(renderRootfs(rootfs)) },
  ]);
  return Buffer.concat([bytes, own]);
};
