import type { Stats } from 'node:fs';
import { promises as fs } from 'node:fs';

import { hasCode, messageOf } from '../errors.ts';
import { loadMounts, mountsBelow } from './mounts.ts';

/** The source of a bind mount. */
export interface Source {
  /** Absolute path on the host; for a device, absolute path in the guest. */
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'device';
  /** Device number of the file system. */
  readonly device: number;
}

/** A mount below the source of a recursive bind mount. */
export interface SourceBelow extends Source {
  /** Path of the mount point, relative to the source. */
  readonly below: string;
  /** Mount options of the mount. */
  readonly options: readonly string[];
}

// Devices that the guest has too, by their number, which is the same in every kernel.
const guestDevices = new Map([
  [0x103, '/dev/null'],
  [0x105, '/dev/zero'],
  [0x107, '/dev/full'],
  [0x108, '/dev/random'],
  [0x109, '/dev/urandom'],
  [0x500, '/dev/tty'],
]);

const kindOf = (found: Stats): 'directory' | 'file' | undefined => {
  if (found.isDirectory()) return 'directory';
  return found.isFile() ? 'file' : undefined;
};

/** Finds the source of a bind mount; calls `refuse` with the reason if a domain cannot have it. */
export const findSource = async (path: string, refuse: (why: string) => never): Promise<Source> => {
  let found: Stats;
  try {
    found = await fs.stat(path);
  } catch (error) {
    const why = hasCode(error, 'ENOENT') ? 'no such file or directory' : messageOf(error);
    return refuse(`source ${path}: ${why}`);
  }
  const kind = kindOf(found);
  if (kind !== undefined) return { path, kind, device: found.dev };
  for (const [is, what] of [
    [found.isSocket(), 'socket'],
    [found.isFIFO(), 'FIFO'],
  ]) {
    if (!is) continue;
    refuse(`source ${path} is a ${what}: the domain cannot reach its other end on the host`);
  }
  if (found.isBlockDevice()) {
    refuse(
      `source ${path} is a block device: to mount its file system, set the type, such as ext4, and leave out the option bind`,
    );
  }
  const device = found.isCharacterDevice() ? guestDevices.get(found.rdev) : undefined;
  if (device !== undefined) return { path: device, kind: 'device', device: 0 };
  return refuse(
    `source ${path} is a device of the host: add a device of the domain to linux.devices instead`,
  );
};

/** Finds the mounts below a directory, parents first. */
export const findSourcesBelow = async (directory: string): Promise<readonly SourceBelow[]> => {
  const real = await fs.realpath(directory);
  const mounts = mountsBelow(await loadMounts(), real);
  const sources = await Promise.all(
    mounts.map(async ({ mountPoint, options }): Promise<SourceBelow[]> => {
      // A mount that is hidden by another one, or was just unmounted, is left out.
      const found = await fs.stat(mountPoint).catch(() => undefined);
      const kind = found && kindOf(found);
      if (found === undefined || kind === undefined) return [];
      const below = mountPoint.slice(real === '/' ? 0 : real.length);
      return [{ path: mountPoint, kind, device: found.dev, below, options }];
    }),
  );
  return sources.flat();
};
