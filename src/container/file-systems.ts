import type { Context } from '../context.ts';
import { hasOwnGuest } from '../domain/boot-kind.ts';
import type { Boot } from '../domain/boot.ts';
import type { MountPlan } from '../guest/mounts.ts';
import { findProgram } from '../process.ts';
import type { Share } from '../protocol/share.ts';
import { chooseRootfs } from '../rootfs/choose.ts';
import { checkDiskScript } from '../rootfs/disk.ts';
import { checkVolumeShares } from '../rootfs/ninep.ts';
import { type Rootfs, sharesOf } from '../rootfs/rootfs.ts';
import type { NewContainer } from './new-container.ts';
import { planVolumes } from './volumes.ts';

/** The rootfs and volumes of a container, and how they reach its domain. */
export interface FileSystems {
  readonly rootfs: Rootfs | undefined;
  readonly mounts: MountPlan;
  readonly shares: readonly Share[];
  readonly diod: string | undefined;
}

/** Plans how the rootfs and the volumes reach the domain; changes nothing on the host. */
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
  // The init of runx must make mount points before it makes the rootfs read-only itself.
  const isReadonlyShare = hasOwnGuest(boot.kind) && spec.root.readonly;
  const shares = [...sharesOf(rootfs, isReadonlyShare), ...mounts.shares];
  return { rootfs, mounts, shares, diod };
};
