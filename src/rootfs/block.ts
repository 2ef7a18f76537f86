import { promises as fs } from 'node:fs';

import { type BlockDevice, isDiskType } from './rootfs.ts';
import { type MountInfo, loadMounts, mountAt, mountsBelow } from '../host/mounts.ts';

/** Whether the file system of a mount is read-only at all of its mount points. */
export const isReadonly = ({ superOptions }: MountInfo): boolean => superOptions.includes('ro');

/** A block device, or the reason why a domain cannot have one. */
type Found = { readonly device: BlockDevice } | { readonly lack: string };

/** Judges whether the block device mounted at `directory` can be a disk of a domain. */
export const judgeMount = (mounts: readonly MountInfo[], directory: string): Found => {
  const mount = mountAt(mounts, directory);
  if (mount === undefined) return { lack: 'it is not a mount point' };
  const { device: number, root, type, source } = mount;
  if (number.startsWith('0:'))
    return { lack: `its file system, ${type}, is not on a block device` };
  if (directory === '/') return { lack: 'it is the root file system of the host' };
  if (root !== '/') return { lack: `it is only a directory of the file system on ${source}` };
  if (!isDiskType(type)) return { lack: `the guest kernel does not support ${type}` };
  const [below] = mountsBelow(mounts, directory);
  if (below !== undefined) return { lack: `${below.mountPoint} is mounted below it` };
  const readonly = isReadonly(mount);
  const other = mounts.find((one) => one.device === number && one.mountPoint !== directory);
  if (other !== undefined && !readonly) {
    return { lack: `${source} is writable and also mounted on ${other.mountPoint}` };
  }
  return { device: { path: source, number, type, mountPoint: directory, readonly } };
};

const isAt = async (path: string, number: string): Promise<boolean> => {
  const found = await fs.stat(path).catch(() => undefined);
  if (!found?.isBlockDevice()) return false;
  // The encoding of makedev(3).
  const major = (found.rdev >>> 8) & 0xfff;
  const minor = (found.rdev & 0xff) | ((found.rdev >>> 12) & 0xfff00);
  return `${major}:${minor}` === number;
};

/** Finds the block device that is mounted at the rootfs. */
export const findBlockDevice = async (rootfs: string): Promise<Found> => {
  const found = judgeMount(await loadMounts(), await fs.realpath(rootfs));
  if ('lack' in found) return found;
  const { path, number } = found.device;
  return (await isAt(path, number))
    ? found
    : { lack: `${path} is not the device ${number} of its file system` };
};
