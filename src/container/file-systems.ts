import type { Context } from '../context.ts';
import { type Boot, hasOwnGuest } from '../domain/boot.ts';
import type { MountPlan } from '../guest/mounts.ts';
import { findProgram } from '../process.ts';
import type { Share } from '../protocol/share.ts';
import { chooseRootfs } from '../rootfs/choose.ts';
import { checkDiskScript } from '../rootfs/disk.ts';
import { checkVolumeShares } from '../rootfs/ninep.ts';
import { type Rootfs, sharesOf } from '../rootfs/rootfs.ts';
import type { NewContainer } from './new-container.ts';
import { planVolumes } from './volumes.ts';

/** How the file systems of a container reach its domain. */
export interface FileSystems {
  readonly rootfs: Rootfs | undefined;
  readonly mounts: MountPlan;
  readonly shares: readonly Share[];
  readonly diod: string | undefined;
}

/** Decides how the rootfs and the volumes reach the domain; nothing is done yet. */
export const planFileSystems = async (
  context: Context,
  { bundle, annotations }: NewContainer,
  boot: Boot,
): Promise<FileSystems> => {
  const { config } = context;
  const { spec, path, rootfs: rootfsPath } = bundle;
  const diod = await findProgram(config.diod);
  const asked = annotations.rootfs ?? config.rootfs;
  const hasRootfs = boot.kind !== 'no-ramdisk' || asked !== 'auto';
  const choice = { path: rootfsPath, asked, diod, isReadonly: spec.root.readonly };
  const rootfs = hasRootfs ? await chooseRootfs(context, choice) : undefined;
  const mounts = await planVolumes(hasRootfs ? spec.mounts : [], path, diod !== undefined);
  const hasDisks = mounts.disks.length > 0 || (rootfs !== undefined && rootfs.kind !== '9p');
  if (hasDisks) checkDiskScript(config.monitor);
  if (diod === undefined && rootfs?.kind !== '9p') {
    await checkVolumeShares(context, mounts.shares.length);
  }
  // runx's init makes mount points in a rootfs that is to be read-only.
  const isReadonlyShare = hasOwnGuest(boot.kind) && spec.root.readonly;
  const shares = [...sharesOf(rootfs, isReadonlyShare), ...mounts.shares];
  return { rootfs, mounts, shares, diod };
};
