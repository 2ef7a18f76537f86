import type { Stats } from 'node:fs';
import { promises as fs } from 'node:fs';
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
 * Finds the sources of each bind mount: the source itself, relative to the bundle, and for a
 * recursive bind mount also the mounts below the source.
 */
const findBindSources = async (
  mounts: readonly Mount[],
  bundle: string,
): Promise<ReadonlyMap<Mount, readonly BindSource[]>> => {
  const sources = new Map<Mount, readonly BindSource[]>();
  for (const mount of mounts.filter(isBindMount)) {
    const { destination } = mount;
    if (!mount.source) throw new RunxError(`mount ${destination}: a bind mount must have a source`);
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
    return await fs.stat(path);
  } catch (error) {
    // For a file system without a device, such as tmpfs, the source may be any text.
    if (!isDiskType(mount.type ?? '')) return undefined;
    const why = hasCode(error, 'ENOENT') ? 'no such file or directory' : messageOf(error);
    throw new RunxError(`mount ${mount.destination}: source ${path}: ${why}`);
  }
};

/** The host's block device that a mount of config.json names; undefined for any other mount. */
const findDiskSource = async (mount: Mount): Promise<string | undefined> => {
  const { destination } = mount;
  const source = mount.source ?? '';
  const type = mount.type ?? '';
  const found = source.startsWith('/') ? await statSource(mount, source) : undefined;
  const isBlock = found?.isBlockDevice() ?? false;
  if (isDiskType(type) && !isBlock) {
    throw new RunxError(
      `mount ${destination}: source "${source}" is not a block device of this host, which the type ${type} needs`,
    );
  }
  if (isBlock && !isDiskType(type)) {
    throw new RunxError(
      `mount ${destination}: source ${source} is a block device: the type must be one of ${diskTypes.join(', ')}`,
    );
  }
  return isBlock ? fs.realpath(source) : undefined;
};

/** Finds the block devices of the host that config.json mounts, by mount. */
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

/** Plans the mounts of config.json; without a 9P server of runx, files are copied to the guest. */
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
