import { realpath, stat } from 'node:fs/promises';

import { type BlockDevice, isDiskType } from './rootfs.ts';
import { type MountInfo, loadMounts, mountAt, mountsBelow } from '../host/mounts.ts';

/** Whether nobody writes to its file system, wherever else that is mounted. */
export const isReadonly = ({ superOptions }: MountInfo): boolean => superOptions.includes('ro');

/** A block device, or why there is none that a domain could have. */
type Found = { readonly device: BlockDevice } | { readonly lack: string };

/** What is mounted at `directory`, as a disk for a domain. */
export const judgeMount = (mounts: readonly MountInfo[], directory: string): Found => {
  const mount = mountAt(mounts, directory);
  if (mount === undefined) return { lack: 'it is not a mount point' };
  const { device: number, root, type, source } = mount;
  if (number.startsWith('0:')) return { lack: `it is on ${type}, which is not on a block device` };
  if (directory === '/') return { lack: "it is the host's own rootfs" };
  if (root !== '/') return { lack: `it is only a part of what is on ${source}` };
  if (!isDiskType(type)) return { lack: `the guest kernel has no ${type}` };
  const [below] = mountsBelow(mounts, directory);
  if (below !== undefined) return { lack: `${below.mountPoint} is mounted in it` };
  const readonly = isReadonly(mount);
  const other = mounts.find((one) => one.device === number && one.mountPoint !== directory);
  if (other !== undefined && !readonly) {
    return { lack: `${source} is writable, and mounted on ${other.mountPoint} too` };
  }
  return { device: { path: source, number, type, mountPoint: directory, readonly } };
};

const isAt = async (path: string, number: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isBlockDevice()) return false;
  // As makedev(3) puts them together.
  const major = (found.rdev >>> 8) & 0xfff;
  const minor = (found.rdev & 0xff) | ((found.rdev >>> 12) & 0xfff00);
  return `${major}:${minor}` === number;
};

/** The block device that is mounted as this rootfs. */
export const findBlockDevice = async (rootfs: string): Promise<Found> => {
  const found = judgeMount(await loadMounts(), await realpath(rootfs));
  if ('lack' in found) return found;
  const { path, number } = found.device;
  return (await isAt(path, number)) ? found : { lack: `its device ${number} is not at ${path}` };
};
