import { posix } from 'node:path';

import { RunxError } from '../errors.ts';
import { parseMountOptions, readonlyFlag } from '../oci/mount-options.ts';
import type { Mount } from '../oci/spec.ts';
import { filesDirectory } from '../protocol/contract.ts';
import { type GuestMount, bindFlags, refuseOption } from './guest-mount.ts';
import { type BindSource, makeShares } from './shares.ts';

/** A file that travels in the ramdisk, at `path` there. */
export interface Copy {
  readonly path: string;
  readonly source: string;
}

const recursive = 16384;

const checkWithoutServer = ({ destination }: Mount, { path, kind }: BindSource): void => {
  // xl.cfg(5) has no way to write a comma in a p9 specification.
  if (kind === 'directory' && path.includes(',')) {
    throw new RunxError(
      `mount ${destination}: source ${path}: the path must not contain a comma if the host has no diod: install diod, or move the source`,
    );
  }
};

/** Plans bind mounts and collects the shares and copies that they need. */
export const makeBinds = (hasServer: boolean) => {
  const { shares, add } = makeShares();
  const copies: Copy[] = [];
  const copy = (source: string): string => {
    const path = `${filesDirectory}/${copies.length}`;
    copies.push({ path, source });
    return path;
  };
  const place = (source: BindSource, readonly: boolean): string => {
    if (source.kind === 'device') return source.path;
    return source.kind === 'file' && !hasServer ? copy(source.path) : add(source, readonly);
  };
  const plan = (mount: Mount, source: BindSource): GuestMount => {
    const options = parseMountOptions(mount.options, mount.destination);
    if (options.data !== '') refuseOption(mount, options.data);
    if (options.copyUp) refuseOption(mount, 'tmpcopyup');
    if (!hasServer) checkWithoutServer(mount, source);
    const isBelow = source.below !== undefined;
    const wanted = isBelow
      ? ((source.flags ?? 0) & ~options.below.clear) | options.below.set
      : options.flags;
    const flags = wanted & bindFlags;
    return {
      destination: isBelow ? posix.join(mount.destination, source.below) : mount.destination,
      type: 'bind',
      source: 'bind',
      flags,
      propagation: isBelow && !(options.propagation & recursive) ? 0 : options.propagation,
      data: '',
      copyUp: false,
      bind: place(source, (flags & readonlyFlag) !== 0),
    };
  };
  return { shares, copies, plan };
};
