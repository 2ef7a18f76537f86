import { readFile } from 'node:fs/promises';

import { RunxError, messageOf } from '../errors.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { readCopies } from './copies.ts';
import { renderCpio } from './cpio.ts';
import { renderHooks } from './hooks.ts';
import type { MountPlan } from './mounts.ts';
import { renderProcess } from './record.ts';
import { type Rootfs, renderRootfs } from '../rootfs/rootfs.ts';
import { compileFilter } from './seccomp/filter.ts';

const privateFile = 0o100600;

/**
 * The base ramdisk with this container's own part behind it; `hookState` is what
 * startContainer hooks are told.
 */
export const buildRamdisk = async (
  base: string,
  spec: Spec,
  process: Process,
  rootfs: Rootfs,
  mounts: MountPlan,
  hookState: string,
): Promise<Buffer> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(base);
  } catch (error) {
    throw new RunxError(`ramdisk ${base}: ${messageOf(error)}`);
  }
  const records = Buffer.concat([
    renderProcess(spec, process, mounts, await compileFilter(spec)),
    renderHooks(spec.hooks.startContainer, hookState),
  ]);
  const own = renderCpio([
    { path: 'runx/process', mode: privateFile, content: records },
    { path: 'runx/rootfs', mode: privateFile, content: Buffer.from(renderRootfs(rootfs)) },
    ...(await readCopies(mounts.copies)),
  ]);
  return Buffer.concat([bytes, own]);
};
