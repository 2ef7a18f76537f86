import { readFile } from 'node:fs/promises';

import { RunxError, messageOf } from '../errors.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { renderCpio } from './cpio.ts';
import { renderProcess } from './process.ts';
import { type Rootfs, renderRootfs } from './rootfs.ts';
import { compileFilter } from './seccomp-filter.ts';

const privateFile = 0o100600;

// Imported where there is a profile alone: it comes with the numbers of all system calls.
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
  const seccomp = await compileFilter(spec);
  const own = renderCpio([
    { path: 'runx/process', mode: privateFile, content: renderProcess(spec, process, seccomp) },
    { path: 'runx/rootfs', mode: privateFile, content: Buffer.from(renderRootfs(rootfs)) },
  ]);
  return Buffer.concat([bytes, own]);
};
