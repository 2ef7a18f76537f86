import { RunxError } from '../errors.ts';
import { rootfsTag } from '../protocol/contract.ts';
import type { RecordEntry } from '../protocol/entry.ts';
import type { Share } from '../protocol/share.ts';

/** How the rootfs reaches the guest. */
export type Rootfs = NinepRootfs | DiskRootfs | BlockRootfs;

/** A rootfs that diod, or the QEMU that xl starts, serves by 9P. */
export interface NinepRootfs {
  readonly kind: '9p';
  /** The host directory that is exported. */
  readonly path: string;
  /** Path of the diod server; undefined for QEMU. */
  readonly diod: string | undefined;
}

/** A rootfs that is a read-only image on the disk xvda, with a writable layer on top. */
interface DiskRootfs {
  readonly kind: 'disk';
  /** The host directory from which the image is made. */
  readonly path: string;
  readonly layer: Layer;
}

/** A rootfs that is a read-only block device of the host on xvda, with a writable layer on top. */
interface BlockRootfs {
  readonly kind: 'block';
  /** The host directory on which the device is mounted. */
  readonly path: string;
  readonly device: BlockDevice;
  readonly layer: Layer;
}

/** The disk file systems that the guest kernel supports. */
export const diskTypes = ['ext4', 'xfs', 'erofs'] as const;

type DiskType = (typeof diskTypes)[number];

export const isDiskType = (type: string): type is DiskType => diskTypes.some((one) => one === type);

/** A block device whose file system is mounted on the host. */
export interface BlockDevice {
  readonly path: string;
  /** "MAJOR:MINOR". */
  readonly number: string;
  readonly type: DiskType;
  /** The mount point, without symbolic links in the path. */
  readonly mountPoint: string;
  /** Whether the file system is mounted read-only on the host. */
  readonly readonly: boolean;
}

/** A writable layer, in the domain's memory (by default, half of it) or on the disk xvdb. */
export type Layer =
  | { readonly kind: 'memory'; readonly mib: number | undefined }
  | { readonly kind: 'disk'; readonly mib: number };

/** Plans a rootfs by 9P; without diod, xl starts a QEMU for it. */
export const planNinep = (path: string, diod: string | undefined): NinepRootfs => {
  // xl.cfg(5) cannot escape a comma in a p9 specification.
  if (diod === undefined && path.includes(',')) {
    throw new RunxError(
      `rootfs ${path}: the path must not contain a comma: install diod, or move the rootfs`,
    );
  }
  return { kind: '9p', path, diod };
};

const diskLayerMiB = 8192;
// Room for the mount points that the image lacks.
const readonlyLayerMiB = 4;

/** Plans the writable layer of a rootfs on a disk; `mib` is the configured size, if any. */
export const planLayer = (
  kind: Layer['kind'],
  mib: number | undefined,
  isReadonly: boolean,
): Layer => {
  if (isReadonly) return { kind: 'memory', mib: readonlyLayerMiB };
  return kind === 'memory' ? { kind, mib } : { kind, mib: mib ?? diskLayerMiB };
};

/** The 9P share of a rootfs; `readonly` makes Dom0, not only the guest, enforce that. */
export const sharesOf = (rootfs: Rootfs | undefined, readonly: boolean): readonly Share[] =>
  rootfs?.kind !== '9p'
    ? []
    : [
        {
          tag: rootfsTag,
          exports: [{ path: rootfs.path, readonly, file: false, recursive: true }],
        },
      ];

const renderLayer = (layer: Layer): string => {
  if (layer.kind === 'disk') return '/dev/xvdb';
  return `size=${layer.mib === undefined ? '50%' : `${layer.mib}m`},mode=700`;
};

/** How the guest mounts the rootfs. */
export const rootfsEntries = (rootfs: Rootfs): readonly RecordEntry[] =>
  rootfs.kind === '9p'
    ? [
        ['rootfs-type', '9p'],
        ['rootfs-source', rootfsTag],
      ]
    : [
        ['rootfs-type', rootfs.kind === 'block' ? rootfs.device.type : 'erofs'],
        ['rootfs-source', '/dev/xvda'],
        ['rootfs-layer', renderLayer(rootfs.layer)],
      ];
