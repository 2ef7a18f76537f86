import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { XenInfo } from '../xen/info.ts';
import { type Qemu, findQemu, qemuLack } from '../xen/qemu.ts';
import type { Point } from './point.ts';
import { type ProgramFacts, findProgramFacts } from './programs.ts';

export interface NinepFacts {
  readonly diod: ProgramFacts;
  /** A QEMU that xl could start; undefined where diod makes it unnecessary. */
  readonly qemu: Qemu | undefined;
}

/** Finds what can serve a rootfs; `name` is diod's, as runx.toml has it. */
export const findNinep = async (name: string, log: Log): Promise<NinepFacts> => {
  const diod = await findProgramFacts(name, [], log);
  return { diod, qemu: diod.path === undefined ? await findQemu(log) : undefined };
};

/** What can be done where the rootfs need not go by 9P. */
interface DiskFacts {
  /** runx.toml's `rootfs`. */
  readonly asked: Config['rootfs'];
  readonly mkfs: ProgramFacts;
}

/** Whether anything can serve a container's rootfs and its volumes by 9P. */
export const checkNinep = (
  { diod, qemu }: NinepFacts,
  xen: XenInfo | undefined,
  { asked, mkfs }: DiskFacts,
): Point => {
  if (diod.path !== undefined) return { name: '9p', status: 'ok', found: diod.path };
  const remedy = 'install diod, or say in runx.toml where it is';
  const lack = qemuLack(qemu, xen);
  if (qemu === undefined || lack !== undefined) {
    const found = `no ${diod.name}, and ${lack}`;
    return asked === '9p' || (mkfs.path === undefined && asked !== 'block')
      ? { name: '9p', status: 'error', found, remedy }
      : { name: '9p', status: 'warning', found: `${found}: no directory can be a volume`, remedy };
  }
  return {
    name: '9p',
    status: 'warning',
    found: `no ${diod.name}: xl starts ${qemu.path} for each container, a volume is read-only by the guest's word alone, and a file that is one is a copy`,
    remedy,
  };
};

/** Whether images of a rootfs can be made. */
export const checkDisk = ({ asked, mkfs }: DiskFacts): Point => {
  if (mkfs.path !== undefined) return { name: 'images', status: 'ok', found: mkfs.path };
  const found = `no ${mkfs.name}`;
  if (asked !== 'disk') {
    return { name: 'images', status: 'ok', found: `${found}: no rootfs goes on a disk` };
  }
  const remedy = 'install erofs-utils, or say in runx.toml where its mkfs.erofs is';
  return { name: 'images', status: 'error', found, remedy };
};

/** Whether a writable layer can be made, where runx.toml has it on a disk; `mke2fs` is a path. */
export const checkLayer = (
  asked: Config['writable_layer'],
  mke2fs: string | undefined,
): readonly Point[] => {
  if (asked !== 'disk') return [];
  const name = 'writable-layer';
  if (mke2fs !== undefined) return [{ name, status: 'ok', found: mke2fs }];
  const remedy = 'install e2fsprogs, or set writable_layer to "memory"';
  return [{ name, status: 'error', found: 'no mke2fs', remedy }];
};
