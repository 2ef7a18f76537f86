import { posix } from 'node:path';

import { RunxError } from '../errors.ts';
import { isBindMount, parseMountOptions, readonlyFlag } from '../oci/mount-options.ts';
import type { Mount } from '../oci/spec.ts';
import { maximumDisks } from '../protocol/contract.ts';
import type { Share } from '../protocol/share.ts';
import { type Copy, makeBinds } from './bind-mounts.ts';
import { type GuestMount, bindFlags, refuseOption } from './guest-mount.ts';
import { type BindSource, checkLimits } from './shares.ts';

export interface MountPlan {
  readonly shares: readonly Share[];
  readonly mounts: readonly GuestMount[];
  readonly disks: readonly VolumeDisk[];
  /** Files of the host, whose copies are in the ramdisk. */
  readonly copies: readonly Copy[];
}

/** A block device of the host that becomes a disk of the domain, with the name `device`. */
interface VolumeDisk {
  readonly device: string;
  readonly file: string;
  readonly readonly: boolean;
}

// As runc, which lets these be replaced (by lxcfs, say) and nothing else of /proc.
const replaceable =
  /^(cpuinfo|diskstats|meminfo|stat|swaps|uptime|loadavg|slabinfo|net\/dev|sys\/kernel\/ns_last_pid|sys\/crypto\/fips_enabled)$/;

const checkDestination = ({ destination, type }: Mount): void => {
  if (type === 'proc' || type === 'sysfs' || type === 'mqueue') return;
  const path = posix.resolve(destination);
  if (path === '/proc') {
    throw new RunxError(
      `mount ${destination}: only a file system of type proc can be mounted on /proc`,
    );
  }
  if (path.startsWith('/proc/') && !replaceable.test(path.slice('/proc/'.length))) {
    throw new RunxError(`mount ${destination}: cannot be mounted because it is inside /proc`);
  }
};

// The guest's kernel has the unified hierarchy alone, so that is what a request
// for the older one gets, as with runc on such a host.
const guestType = (type: string): string => (type === 'cgroup' ? 'cgroup2' : type);

const planFileSystem = (mount: Mount): GuestMount => {
  const type = guestType(mount.type ?? 'none');
  const { flags, propagation, copyUp, data } = parseMountOptions(mount.options, mount.destination);
  if (copyUp && type !== 'tmpfs') refuseOption(mount, 'tmpcopyup');
  return {
    destination: mount.destination,
    type,
    source: mount.source ?? type,
    flags,
    propagation,
    data: type === 'cgroup2' ? '' : data,
    copyUp,
  };
};

const planDisk = (mount: Mount, file: string, index: number): [VolumeDisk, GuestMount] => {
  if (index >= maximumDisks) {
    throw new RunxError(
      `config.json: mounts: a domain can have at most ${maximumDisks} block devices as volumes`,
    );
  }
  const planned = planFileSystem(mount);
  const device = `xvd${String.fromCodePoint('c'.charCodeAt(0) + index)}`;
  const flags = planned.flags & bindFlags;
  return [
    { device, file, readonly: (flags & readonlyFlag) !== 0 },
    { ...planned, flags, source: `/dev/${device}`, disk: true },
  ];
};

/**
 * Decides how each mount of config.json comes about in the guest, in their order, and
 * what of the host it takes.  `sources` are those of each bind mount: its own, then
 * what is mounted below it.  With no 9P server of ours (`hasServer`), a share is one
 * directory, and files are copied.  `blocks` are the host's block devices that are mounted.
 */
export const planMounts = (
  mounts: readonly Mount[],
  sources: ReadonlyMap<Mount, readonly BindSource[]> = new Map(),
  hasServer = true,
  blocks: ReadonlyMap<Mount, string> = new Map(),
): MountPlan => {
  const binds = makeBinds(hasServer);
  const disks: VolumeDisk[] = [];
  const planned = mounts.flatMap((mount) => {
    checkDestination(mount);
    const block = blocks.get(mount);
    if (block !== undefined) {
      const [disk, mounted] = planDisk(mount, block, disks.length);
      disks.push(disk);
      return [mounted];
    }
    if (!isBindMount(mount)) return [planFileSystem(mount)];
    const found = sources.get(mount);
    if (found === undefined) throw new TypeError('a bind mount without its sources');
    return found.map((source) => binds.plan(mount, source));
  });
  checkLimits(binds.shares);
  return { shares: binds.shares, mounts: planned, disks, copies: binds.copies };
};
