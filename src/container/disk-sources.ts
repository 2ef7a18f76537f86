import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { diskTypes, isDiskType } from '../rootfs/rootfs.ts';
import { isBindMount } from '../oci/mount-options.ts';
import type { Mount } from '../oci/spec.ts';

const findSource = async (mount: Mount, path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path);
  } catch (error) {
    // Of a file system that is on no device, it may be any text.
    if (!isDiskType(mount.type ?? '')) return undefined;
    const why = hasCode(error, 'ENOENT') ? 'no such file or directory' : messageOf(error);
    throw new RunxError(`mount ${mount.destination}: source ${path}: ${why}`);
  }
};

/** The block devices of the host whose file systems config.json mounts, by their mounts. */
export const findDiskSources = async (
  mounts: readonly Mount[],
): Promise<ReadonlyMap<Mount, string>> => {
  const sources = new Map<Mount, string>();
  for (const mount of mounts.filter((one) => !isBindMount(one))) {
    const { destination } = mount;
    const source = mount.source ?? '';
    const type = mount.type ?? '';
    const isDisk = isDiskType(type);
    const path = source.startsWith('/') ? source : undefined;
    const found = path === undefined ? undefined : await findSource(mount, path);
    const isBlock = found?.isBlockDevice() ?? false;
    if (isDisk && !isBlock) {
      throw new RunxError(
        `mount ${destination}: its type is ${type}, and its source "${source}" is no block device of this host`,
      );
    }
    if (isBlock && !isDisk) {
      throw new RunxError(
        `mount ${destination}: the guest kernel has no ${type || 'file system'} for the block device ${source}: those that it has are ${diskTypes.join(', ')}`,
      );
    }
    if (path !== undefined && isBlock) sources.set(mount, await realpath(path));
  }
  return sources;
};
