import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';

import { hasCode, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type MountInfo, loadMounts } from './mounts.ts';

/** One hierarchy of cgroups(7) on this host. */
export interface CgroupMount {
  readonly path: string;
  readonly version: 1 | 2;
  /** Whether it has version 1's cpuset controller, which must be set up before a process may enter. */
  readonly cpuset: boolean;
}

/** The hierarchies among the mounts of this host. */
export const cgroupMounts = (mounts: readonly MountInfo[]): readonly CgroupMount[] =>
  mounts
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ mountPoint, type, superOptions }) => ({
      path: mountPoint,
      version: type === 'cgroup2' ? 2 : 1,
      cpuset: type === 'cgroup' && superOptions.includes('cpuset'),
    }));

/**
 * Where below a hierarchy `linux.cgroupsPath` is; nothing leads out of it.  systemd's
 * form, SLICE:PREFIX:NAME, is the directory in which systemd itself would put it.
 */
export const cgroupDirectory = (cgroupsPath: string): string => {
  const [slice, prefix, name, ...rest] = cgroupsPath.split(':');
  if (cgroupsPath.includes('/') || slice === undefined || name === undefined || rest.length > 0) {
    return posix.resolve('/', cgroupsPath);
  }
  const words = (slice || 'system.slice').replace(/\.slice$/, '').split('-');
  const slices = words.map((_, index) => `${words.slice(0, index + 1).join('-')}.slice`);
  const unit = name.endsWith('.slice') ? name : `${prefix ? `${prefix}-` : ''}${name}.scope`;
  return posix.resolve('/', ...slices, unit);
};

const findDirectories = async (
  cgroupsPath: string,
): Promise<readonly (CgroupMount & { readonly directory: string })[]> => {
  const below = cgroupDirectory(cgroupsPath);
  if (below === '/') return [];
  const mounts = cgroupMounts(await loadMounts());
  return mounts.map((mount) => ({ ...mount, directory: join(mount.path, below) }));
};

// A cpuset of version 1 starts with no CPU at all.
const inheritCpuset = async (directory: string, top: string): Promise<void> => {
  if (directory === top) return;
  await inheritCpuset(dirname(directory), top);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const own = join(directory, file);
    if ((await readFile(own, 'utf8')).trim() !== '') continue;
    await writeFile(own, await readFile(join(dirname(directory), file), 'utf8'));
  }
};

// Those whose files tell what a process uses.
const controllers = ['cpu', 'io', 'memory', 'pids'];

// In version 2, a cgroup has a controller's files only if all above it hand it down.
const handDown = async (directory: string, top: string): Promise<void> => {
  if (directory === top) return;
  const parent = dirname(directory);
  await handDown(parent, top);
  const there = (await readFile(join(parent, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  for (const controller of controllers.filter((name) => there.includes(name))) {
    // A parent that has processes of its own may not; there are no statistics then.
    await writeFile(join(parent, 'cgroup.subtree_control'), `+${controller}`).catch((error) => {
      if (!hasCode(error, 'EBUSY')) throw error;
    });
  }
};

/**
 * Puts a process of the host that stands for the container where engines look for its
 * statistics.  It limits nothing, so that a hierarchy that refuses it is only a warning.
 */
export const enterCgroup = async (cgroupsPath: string, pid: number, log: Log): Promise<void> => {
  for (const { directory, path, version, cpuset } of await findDirectories(cgroupsPath)) {
    try {
      await mkdir(directory, { recursive: true, mode: 0o755 });
      if (version === 2) await handDown(directory, path);
      if (cpuset) await inheritCpuset(directory, path);
      await writeFile(join(directory, 'cgroup.procs'), String(pid));
    } catch (error) {
      log.warn(`linux.cgroupsPath ${cgroupsPath}: ${messageOf(error)}`);
    }
  }
};

/** Removes the container's cgroups, once its processes have ended. */
export const removeCgroup = async (cgroupsPath: string, log: Log): Promise<void> => {
  const triesForZombies = 20;
  const pauseMs = 50;
  for (const { directory } of await findDirectories(cgroupsPath)) {
    for (let tries = triesForZombies; ; tries -= 1) {
      try {
        await rmdir(directory);
        break;
      } catch (error) {
        if (hasCode(error, 'ENOENT')) break;
        if (!hasCode(error, 'EBUSY') || tries === 0) {
          log.warn(`linux.cgroupsPath ${cgroupsPath}: ${messageOf(error)}`);
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
};
