import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Context } from '../context.ts';
import { RunxError, ToolError, messageOf } from '../errors.ts';
import { isThere, mayBeThere } from '../host/files.ts';
import { withDirectoryLock } from '../host/flock.ts';
import { lastingRecords } from '../host/lasting-records.ts';
import { type MountInfo, loadMounts, mountAt } from '../host/mounts.ts';
import { openRunxMonitor, remount } from '../host/runx-monitor.ts';
import { string } from '../shape.ts';
import { isReadonly } from './block.ts';
import type { BlockDevice } from './rootfs.ts';

type Host = Pick<Context, 'config' | 'log'>;

/**
 * The records of mounts that runx makes read-only because a container uses their block device.  A
 * record is saved before the remount.  The last container that uses the device, under any --root,
 * makes the mount writable again when it ends.
 */
const readonlyMountsOf = ({ config }: Host) =>
  lastingRecords(join(config.data_root, 'mounts'), {
    /** The boot id of the host; a record of an earlier boot is stale. */
    boot: string,
    device: string,
    mountPoint: string,
  });

type Records = ReturnType<typeof readonlyMountsOf>;
type ReadonlyMount = NonNullable<Awaited<ReturnType<Records['find']>>>;

const loadBoot = async (): Promise<string> =>
  readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

const refuseDamaged = (why: string): never => {
  throw new RunxError(why);
};

/** Whether another container, which may still exist, uses the same device. */
const isShared = async (
  records: Records,
  own: Pick<ReadonlyMount, 'boot' | 'device' | 'directory'>,
): Promise<boolean> => {
  for (const one of await records.list(refuseDamaged)) {
    if (one.directory === own.directory) continue;
    if (one.boot !== own.boot || one.device !== own.device) continue;
    if (await mayBeThere(one.directory)) return true;
  }
  return false;
};

/** Runs `action` while no other runx reads or changes the records. */
const withRecords = async <T>(host: Host, action: (records: Records) => Promise<T>): Promise<T> => {
  const records = readonlyMountsOf(host);
  const { ensureDir } = (await import('fs-extra')).default;
  await ensureDir(records.directory, { mode: 0o700 });
  return withDirectoryLock(openRunxMonitor(host), records.directory, () => action(records));
};

const remountAt = async (host: Host, mode: 'ro' | 'rw', path: string): Promise<void> => {
  try {
    await remount(openRunxMonitor(host), mode, path);
  } catch (error) {
    const why = error instanceof ToolError ? error.stderr.trim() : '';
    throw new RunxError(why === '' ? messageOf(error) : why);
  }
};

const findMount = async (mountPoint: string, device: string): Promise<MountInfo | undefined> => {
  const mount = mountAt(await loadMounts(), mountPoint);
  return mount?.device === device ? mount : undefined;
};

/** Makes the file system of a block device read-only on this host while a container uses it. */
export const makeReadonly = (
  host: Host,
  { path, number: device, mountPoint }: BlockDevice,
  stateDirectory: string,
): Promise<void> =>
  withRecords(host, async (records) => {
    const mount = await findMount(mountPoint, device);
    if (mount === undefined)
      throw new RunxError(`rootfs ${mountPoint}: ${path} is not mounted any more`);
    const own = { directory: stateDirectory, boot: await loadBoot(), device };
    if (isReadonly(mount) && !(await isShared(records, own))) return;
    await records.save(stateDirectory, { boot: own.boot, device, mountPoint });
    if (isReadonly(mount)) return;
    try {
      await remountAt(host, 'ro', mountPoint);
    } catch (error) {
      await records.remove(stateDirectory);
      throw new RunxError(
        `rootfs ${mountPoint}: cannot make ${path} read-only on this host: ${messageOf(error)}`,
      );
    }
  });

/**
 * Makes the mount writable again that became read-only for the container, unless another container
 * uses its device too.  Returns whether the mount became writable.
 */
export const makeWritableAgain = async (host: Host, stateDirectory: string): Promise<boolean> => {
  // Without such records, no lock is taken and no process is started.
  if (!(await isThere(readonlyMountsOf(host).directory))) return false;
  if ((await readonlyMountsOf(host).find(stateDirectory)) === undefined) return false;
  return withRecords(host, async (records) => {
    const own = await records.find(stateDirectory);
    if (own === undefined) return false;
    const { boot, device, mountPoint } = own;
    const isLast = boot === (await loadBoot()) && !(await isShared(records, own));
    const mount = isLast ? await findMount(mountPoint, device) : undefined;
    if (mount !== undefined) {
      await remountAt(host, 'rw', mountPoint).catch((error: unknown) => {
        host.log.warn(`cannot make ${mountPoint} writable again: ${messageOf(error)}`);
      });
    }
    await records.remove(stateDirectory);
    return mount !== undefined;
  });
};

/** Makes the mounts of containers that are gone writable again; returns their mount points. */
export const makeLostWritableAgain = async (host: Host): Promise<readonly string[]> => {
  const writable: string[] = [];
  for (const { directory, mountPoint } of await readonlyMountsOf(host).listLost(refuseDamaged)) {
    if (await makeWritableAgain(host, directory)) writable.push(mountPoint);
  }
  return writable;
};
