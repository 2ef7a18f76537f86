import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { isBindMount } from '../oci/mount-options.ts';
import type { Mount } from '../oci/spec.ts';

// Those of the guest kernel that are on a disk.
const types = ['ext4', 'erofs'];

const findSource = async (mount: Mount, path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path);
  } catch (error) {
    // Of a file system that is on no device, it may be any text.
    if (!types.includes(mount.type ?? '')) return undefined;
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
    const isDisk = types.includes(type);
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
        `mount ${destination}: the guest kernel has no ${type || 'file system'} for the block device ${source}: ${types.join(' and ')} are those that it has`,
      );
    }
    if (path !== undefined && isBlock) sources.set(mount, await realpath(path));
  }
  return sources;
};
