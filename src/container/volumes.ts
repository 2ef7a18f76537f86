import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { type MountPlan, planMounts } from '../guest/mounts.ts';
import type { BindSource } from '../guest/shares.ts';
import { type Source, findSource, findSourcesBelow } from '../host/sources.ts';
import { isBindMount, parseMountOptions } from '../oci/mount-options.ts';
import type { Mount } from '../oci/spec.ts';
import { diskTypes, isDiskType } from '../rootfs/rootfs.ts';

const sourcesBelow = async ({ path }: Source): Promise<readonly BindSource[]> =>
  (await findSourcesBelow(path)).map(({ options, ...source }) => ({
    ...source,
    flags: parseMountOptions(options, source.path).flags,
  }));

/**
 * What each bind mount takes from the host: its source, which is relative to the bundle, then, for
 * a recursive one, what is mounted below the source.
 */
const findBindSources = async (
  mounts: readonly Mount[],
  bundle: string,
): Promise<ReadonlyMap<Mount, readonly BindSource[]>> => {
  const sources = new Map<Mount, readonly BindSource[]>();
  for (const mount of mounts.filter(isBindMount)) {
    const { destination } = mount;
    if (!mount.source) throw new RunxError(`mount ${destination}: a bind mount needs a source`);
    const refuse = (why: string): never => {
      throw new RunxError(`mount ${destination}: ${why}`);
    };
    const own = await findSource(resolve(bundle, mount.source), refuse);
    const isTree = own.kind === 'directory' && mount.options.includes('rbind');
    sources.set(mount, [own, ...(isTree ? await sourcesBelow(own) : [])]);
  }
  return sources;
};

const statSource = async (mount: Mount, path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path);
  } catch (error) {
    // The source of a file system without a device may be any text.
    if (!isDiskType(mount.type ?? '')) return undefined;
    const why = hasCode(error, 'ENOENT') ? 'no such file or directory' : messageOf(error);
    throw new RunxError(`mount ${mount.destination}: source ${path}: ${why}`);
  }
};

/** The block device of the host whose file system a mount of config.json wants; undefined for any other mount. */
const findDiskSource = async (mount: Mount): Promise<string | undefined> => {
  const { destination } = mount;
  const source = mount.source ?? '';
  const type = mount.type ?? '';
  const found = source.startsWith('/') ? await statSource(mount, source) : undefined;
  const isBlock = found?.isBlockDevice() ?? false;
  if (isDiskType(type) && !isBlock) {
    throw new RunxError(
      `mount ${destination}: its type is ${type}, and its source "${source}" is not a block device of this host`,
    );
  }
  if (isBlock && !isDiskType(type)) {
    throw new RunxError(
      `mount ${destination}: the guest kernel has no ${type || 'file system'} for the block device ${source}: it has ${diskTypes.join(', ')}`,
    );
  }
  return isBlock ? realpath(source) : undefined;
};

/** The block devices of the host whose file systems config.json mounts, by their mounts. */
export const findDiskSources = async (
  mounts: readonly Mount[],
): Promise<ReadonlyMap<Mount, string>> => {
  const sources = new Map<Mount, string>();
  for (const mount of mounts.filter((one) => !isBindMount(one))) {
    const path = await findDiskSource(mount);
    if (path !== undefined) sources.set(mount, path);
  }
  return sources;
};

/** How the mounts of config.json come about; without a 9P server of runx's (`hasServer`), files that are bound are copied. */
export const planVolumes = async (
  mounts: readonly Mount[],
  bundle: string,
  hasServer: boolean,
): Promise<MountPlan> =>
  planMounts(
    mounts,
    await findBindSources(mounts, bundle),
    hasServer,
    await findDiskSources(mounts),
  );
