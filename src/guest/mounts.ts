import { posix } from 'node:path';

import { RunxError } from '../errors.ts';
import { isBindMount, parseMountOptions, readonlyFlag } from '../oci/mount-options.ts';
import type { Mount } from '../oci/spec.ts';
import { type BindSource, type Share, checkLimits, makeShares } from './shares.ts';

/** One mount as initrd/process makes it; flags and propagation are those of mount(2). */
export interface GuestMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly flags: number;
  readonly propagation: number;
  readonly data: string;
  readonly copyUp: boolean;
  /** What is bound: a path in the ramdisk. */
  readonly bind?: string;
  /** The source is a disk of the domain. */
  readonly disk?: boolean;
}

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

/** A file that travels in the ramdisk, at `path` there. */
export interface Copy {
  readonly path: string;
  readonly source: string;
}

/** Where the ramdisk has copies. */
export const copiesDirectory = 'runx/files';

// MS_REMOUNT, MS_BIND and MS_REC say what is done, and the guest knows that.
const bindFlags = ~(32 | 4096 | 16384);

const recursive = 16384;

// As runc, which lets these be replaced (by lxcfs, say) and nothing else of /proc.
const replaceable =
  /^(cpuinfo|diskstats|meminfo|stat|swaps|uptime|loadavg|slabinfo|net\/dev|sys\/kernel\/ns_last_pid|sys\/crypto\/fips_enabled)$/;

const checkDestination = ({ destination, type }: Mount): void => {
  if (type === 'proc' || type === 'sysfs' || type === 'mqueue') return;
  const path = posix.resolve(destination);
  if (path === '/proc') {
    throw new RunxError(`mount ${destination}: only a file system of type proc can be there`);
  }
  if (path.startsWith('/proc/') && !replaceable.test(path.slice('/proc/'.length))) {
    throw new RunxError(`mount ${destination}: cannot be mounted because it is inside /proc`);
  }
};

// The guest's kernel has the unified hierarchy alone, so that is what a request
// for the older one gets, as with runc on such a host.
const guestType = (type: string): string => (type === 'cgroup' ? 'cgroup2' : type);

const refuseOption = ({ destination }: Mount, option: string): never => {
  throw new RunxError(`mount ${destination}: option "${option}" is not supported`);
};

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

// The two before them are the rootfs's.
const diskLetters = 'cdefghijklmnopqrstuvwxyz';

const planDisk = (mount: Mount, file: string, index: number): [VolumeDisk, GuestMount] => {
  const letter = diskLetters[index];
  if (letter === undefined) {
    throw new RunxError(
      `config.json: mounts of more than ${diskLetters.length} block devices; that is the most`,
    );
  }
  const planned = planFileSystem(mount);
  const device = `xvd${letter}`;
  const flags = planned.flags & bindFlags;
  return [
    { device, file, readonly: (flags & readonlyFlag) !== 0 },
    { ...planned, flags, source: `/dev/${device}`, disk: true },
  ];
};

const checkWithoutServer = ({ destination }: Mount, { path, kind }: BindSource): void => {
  // xl.cfg(5) has no way to write a comma in a p9 specification.
  if (kind === 'directory' && path.includes(',')) {
    throw new RunxError(
      `mount ${destination}: with no diod on this host, the source ${path} must not hold a comma`,
    );
  }
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
  const { shares, add } = makeShares();
  const copies: Copy[] = [];
  const disks: VolumeDisk[] = [];
  const copy = (source: string): string => {
    const path = `${copiesDirectory}/${copies.length}`;
    copies.push({ path, source });
    return `/${path}`;
  };
  const place = (source: BindSource, readonly: boolean): string => {
    if (source.kind === 'device') return source.path;
    return source.kind === 'file' && !hasServer ? copy(source.path) : add(source, readonly);
  };
  const planBind = (mount: Mount, source: BindSource): GuestMount => {
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
    return found.map((source) => planBind(mount, source));
  });
  checkLimits(shares);
  return { shares, mounts: planned, disks, copies };
};
