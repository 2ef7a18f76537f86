import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import type { BindSource } from '../guest/shares.ts';
import { isBindMount, parseMountOptions } from '../oci/mount-options.ts';
import type { Mount } from '../oci/spec.ts';
import { loadMounts, mountsBelow } from '../host/mounts.ts';

// Devices that are the same in every kernel, by their number, as the guest has them.
const guestDevices = new Map([
  [0x103, '/dev/null'],
  [0x105, '/dev/zero'],
  [0x107, '/dev/full'],
  [0x108, '/dev/random'],
  [0x109, '/dev/urandom'],
  [0x500, '/dev/tty'],
]);

const kindOf = (found: Stats): BindSource['kind'] | undefined => {
  if (found.isDirectory()) return 'directory';
  return found.isFile() ? 'file' : undefined;
};

const findSource = async (mount: Mount, path: string): Promise<BindSource> => {
  const refuse = (why: string): never => {
    throw new RunxError(`mount ${mount.destination}: source ${path}${why}`);
  };
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    return refuse(
      hasCode(error, 'ENOENT') ? ': no such file or directory' : `: ${messageOf(error)}`,
    );
  }
  const kind = kindOf(found);
  if (kind !== undefined) return { path, kind, device: found.dev };
  for (const [is, what] of [
    [found.isSocket(), 'socket'],
    [found.isFIFO(), 'FIFO'],
  ]) {
    if (is) refuse(` is a ${what}: its other end is on the host, where the domain cannot reach it`);
  }
  if (found.isBlockDevice()) {
    refuse(' is a block device: to have its file system, name that as the type, such as ext4');
  }
  const device = found.isCharacterDevice() ? guestDevices.get(found.rdev) : undefined;
  return device === undefined
    ? refuse(' is a device of the host: the domain has its own, see linux.devices')
    : { path: device, kind: 'device', device: 0 };
};

const findSourcesBelow = async (directory: string): Promise<BindSource[]> => {
  const real = await realpath(directory);
  const mounts = mountsBelow(await loadMounts(), real);
  const sources = await Promise.all(
    mounts.map(async ({ mountPoint, options }): Promise<BindSource[]> => {
      // One that another mount hides, or that goes away now, is none.
      const found = await stat(mountPoint).catch(() => undefined);
      const kind = found && kindOf(found);
      if (found === undefined || kind === undefined) return [];
      const { flags } = parseMountOptions(options, mountPoint);
      const below = mountPoint.slice(real === '/' ? 0 : real.length);
      return [{ path: mountPoint, kind, device: found.dev, below, flags }];
    }),
  );
  return sources.flat();
};

/**
 * What each bind mount takes from the host: its source, which is relative to the
 * bundle, then what is mounted below that, for a recursive one.
 */
export const findBindSources = async (
  mounts: readonly Mount[],
  bundle: string,
): Promise<ReadonlyMap<Mount, readonly BindSource[]>> => {
  const sources = new Map<Mount, readonly BindSource[]>();
  for (const mount of mounts.filter(isBindMount)) {
    if (!mount.source) {
      throw new RunxError(`mount ${mount.destination}: a bind mount needs a source`);
    }
    const own = await findSource(mount, resolve(bundle, mount.source));
    const isTree = own.kind === 'directory' && mount.options.includes('rbind');
    sources.set(mount, [own, ...(isTree ? await findSourcesBelow(own.path) : [])]);
  }
  return sources;
};
