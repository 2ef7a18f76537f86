import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { XenInfo } from '../xen/info.ts';
import { type Qemu, findQemu, qemuLack } from '../xen/qemu.ts';
import type { Point } from './point.ts';
import { type ProgramFacts, findProgramFacts } from './programs.ts';

export interface NinepFacts {
  readonly diod: ProgramFacts;
  /** The QEMU that xl would start; undefined if there is none, or if diod exists. */
  readonly qemu: Qemu | undefined;
}

/** Finds a 9P server; `name` is the setting `diod` of runx.toml. */
export const findNinep = async (name: string, log: Log): Promise<NinepFacts> => {
  const diod = await findProgramFacts(name, [], log);
  return { diod, qemu: diod.path === undefined ? await findQemu(log) : undefined };
};

/** Facts about a rootfs on a disk. */
interface DiskFacts {
  /** The setting `rootfs` of runx.toml. */
  readonly asked: Config['rootfs'];
  readonly mkfs: ProgramFacts;
}

/** Judges whether the rootfs and the volumes of a container can be served by 9P. */
export const checkNinep = (
  { diod, qemu }: NinepFacts,
  xen: XenInfo | undefined,
  { asked, mkfs }: DiskFacts,
): Point => {
  if (diod.path !== undefined) return { name: '9p', status: 'ok', found: diod.path };
  const remedy = 'install diod, or set diod in runx.toml to its path';
  const lack = qemuLack(qemu, xen);
  if (qemu === undefined || lack !== undefined) {
    const found = `${diod.name} was not found, and ${lack}`;
    return asked === '9p' || (mkfs.path === undefined && asked !== 'block')
      ? { name: '9p', status: 'error', found, remedy }
      : {
          name: '9p',
          status: 'warning',
          found: `${found}: a directory cannot be a volume`,
          remedy,
        };
  }
  return {
    name: '9p',
    status: 'warning',
    found: `${diod.name} was not found: xl starts ${qemu.path} for each container, only the guest enforces a read-only volume, and a file as a volume is a copy`,
    remedy,
  };
};

/** Judges whether images of a rootfs can be made. */
export const checkDisk = ({ asked, mkfs }: DiskFacts): Point => {
  if (mkfs.path !== undefined) return { name: 'images', status: 'ok', found: mkfs.path };
  const found = `${mkfs.name} was not found`;
  if (asked !== 'disk') {
    return { name: 'images', status: 'ok', found: `${found}: a rootfs cannot be on a disk` };
  }
  const remedy = 'install erofs-utils, or set mkfs_erofs in runx.toml to the path of mkfs.erofs';
  return { name: 'images', status: 'error', found, remedy };
};

/**
 * Judges whether a writable layer can be made, if runx.toml puts it on a disk.  `mke2fs` is the
 * path of mke2fs(8).
 */
export const checkLayer = (
  asked: Config['writable_layer'],
  mke2fs: string | undefined,
): readonly Point[] => {
  if (asked !== 'disk') return [];
  const name = 'writable-layer';
  if (mke2fs !== undefined) return [{ name, status: 'ok', found: mke2fs }];
  const remedy = 'install e2fsprogs, or set writable_layer = "memory" in runx.toml';
  return [{ name, status: 'error', found: 'mke2fs was not found', remedy }];
};
