import { promises as fs } from 'node:fs';
import { dirname, join, posix } from 'node:path';

import { hasCode, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type MountInfo, loadMounts } from './mounts.ts';

/** One cgroup hierarchy of this host (cgroups(7)). */
export interface CgroupMount {
  readonly path: string;
  readonly version: 1 | 2;
  /** Whether it is version 1 with cpuset, which must be set up before a process enters. */
  readonly cpuset: boolean;
}

/** Selects the cgroup hierarchies among the mounts of this host. */
export const cgroupMounts = (mounts: readonly MountInfo[]): readonly CgroupMount[] =>
  mounts
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ mountPoint, type, superOptions }) => ({
      path: mountPoint,
      version: type === 'cgroup2' ? 2 : 1,
      cpuset: type === 'cgroup' && superOptions.includes('cpuset'),
    }));

/**
 * Converts `linux.cgroupsPath` to a path below the root of a hierarchy, which it cannot leave.  The
 * form SLICE:PREFIX:NAME becomes the directory that systemd would use.
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

// A new cpuset of version 1 has no CPUs and no memory nodes.
const inheritCpuset = async (directory: string, top: string): Promise<void> => {
  if (directory === top) return;
  await inheritCpuset(dirname(directory), top);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const own = join(directory, file);
    if ((await fs.readFile(own, 'utf8')).trim() !== '') continue;
    await fs.writeFile(own, await fs.readFile(join(dirname(directory), file), 'utf8'));
  }
};

// The controllers that count what a process uses.
const controllers = ['cpu', 'io', 'memory', 'pids'];

// In version 2, a cgroup has the files of a controller only if all its ancestors enable it.
const handDown = async (directory: string, top: string): Promise<void> => {
  if (directory === top) return;
  const parent = dirname(directory);
  await handDown(parent, top);
  const there = (await fs.readFile(join(parent, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  for (const controller of controllers.filter((name) => there.includes(name))) {
    // The kernel refuses this for a parent with processes; then there are no statistics.
    await fs.writeFile(join(parent, 'cgroup.subtree_control'), `+${controller}`).catch((error) => {
      if (!hasCode(error, 'EBUSY')) throw error;
    });
  }
};

/**
 * Moves a process that stands for the container into the cgroup in which engines look for its
 * statistics.  The cgroup sets no limits, so a failure is only a warning.
 */
export const enterCgroup = async (cgroupsPath: string, pid: number, log: Log): Promise<void> => {
  for (const { directory, path, version, cpuset } of await findDirectories(cgroupsPath)) {
    try {
      await fs.mkdir(directory, { recursive: true, mode: 0o755 });
      if (version === 2) await handDown(directory, path);
      if (cpuset) await inheritCpuset(directory, path);
      await fs.writeFile(join(directory, 'cgroup.procs'), String(pid));
    } catch (error) {
      log.warn(`linux.cgroupsPath ${cgroupsPath}: ${messageOf(error)}`);
    }
  }
};

/** Removes the container's cgroups, whose processes must have ended; only warns of a failure. */
export const removeCgroup = async (cgroupsPath: string, log: Log): Promise<void> => {
  const triesForZombies = 20;
  const pauseMs = 50;
  for (const { directory } of await findDirectories(cgroupsPath)) {
    for (let tries = triesForZombies; ; tries -= 1) {
      try {
        await fs.rmdir(directory);
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
