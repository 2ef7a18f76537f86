import { RunxError } from '../errors.ts';
import { rootfsTag } from '../protocol/contract.ts';
import type { RecordEntry } from '../protocol/entry.ts';
import type { Share } from '../protocol/share.ts';

/** How the rootfs reaches the guest. */
export type Rootfs = NinepRootfs | DiskRootfs | BlockRootfs;

/** By 9P, from diod or from the QEMU that xl starts. */
export interface NinepRootfs {
  readonly kind: '9p';
  /** Host directory that is exported. */
  readonly path: string;
  /** Path of the diod server; undefined for QEMU. */
  readonly diod: string | undefined;
}

/** As an image on the disk xvda, which is only read, with a layer for what is written. */
interface DiskRootfs {
  readonly kind: 'disk';
  /** Host directory of which there is an image. */
  readonly path: string;
  readonly layer: Layer;
}

/** As the file system of a block device of the host, likewise. */
interface BlockRootfs {
  readonly kind: 'block';
  /** Host directory at which it is mounted. */
  readonly path: string;
  readonly device: BlockDevice;
  readonly layer: Layer;
}

/** The file systems on disks that the guest kernel has. */
export const diskTypes = ['ext4', 'xfs', 'erofs'] as const;

type DiskType = (typeof diskTypes)[number];

export const isDiskType = (type: string): type is DiskType => diskTypes.some((one) => one === type);

/** A block device whose file system is mounted on the host. */
export interface BlockDevice {
  readonly path: string;
  /** "MAJOR:MINOR". */
  readonly number: string;
  readonly type: DiskType;
  /** Where it is mounted, with no link in the path. */
  readonly mountPoint: string;
  /** Whether the host cannot write to it. */
  readonly readonly: boolean;
}

/** In the domain's memory, half of it unless a size is given; or on the disk xvdb. */
export type Layer =
  | { readonly kind: 'memory'; readonly mib: number | undefined }
  | { readonly kind: 'disk'; readonly mib: number };

/** Plans a rootfs by 9P; diod, where there is one, needs no QEMU. */
export const planNinep = (path: string, diod: string | undefined): NinepRootfs => {
  // xl.cfg(5) has no way to write a comma in a p9 specification.
  if (diod === undefined && path.includes(',')) {
    throw new RunxError(
      `rootfs ${path}: with no diod on this host, its path must not hold a comma`,
    );
  }
  return { kind: '9p', path, diod };
};

const diskLayerMiB = 8192;
// Room for mount points that the image lacks, and nothing else.
const readonlyLayerMiB = 4;

/** Plans the layer of a rootfs on a disk; `mib` is its size, if one was asked for. */
export const planLayer = (
  kind: Layer['kind'],
  mib: number | undefined,
  isReadonly: boolean,
): Layer => {
  if (isReadonly) return { kind: 'memory', mib: readonlyLayerMiB };
  return kind === 'memory' ? { kind, mib } : { kind, mib: mib ?? diskLayerMiB };
};

/** What of the host the guest gets for its rootfs by 9P; read-only if Dom0 is to see to that. */
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
