import { promises as fs } from 'node:fs';

import type { Context } from '../context.ts';
import { type Boot, planBoot, renderKernelArguments } from '../domain/boot.ts';
import { devicesMiB } from '../domain/memory.ts';
import { planSize } from '../domain/size.ts';
import { RunxError, messageOf } from '../errors.ts';
import { parseLimits } from '../oci/resources.ts';
import type { Share } from '../protocol/share.ts';
import type { Rootfs } from '../rootfs/rootfs.ts';
import { type Disk, type DomainConfig, renderDevices } from '../xen/domain-config.ts';
import { findDomainType } from '../xen/domain-type.ts';
import { planFileSystems } from './file-systems.ts';
import type { NewContainer } from './new-container.ts';
import { planRamdisk } from './ramdisk.ts';

/** Everything that is decided before a container is created. */
export interface ContainerPlan {
  readonly boot: Boot;
  /** Undefined if the kernel boots without a ramdisk and `rootfs` is "auto". */
  readonly rootfs: Rootfs | undefined;
  /** The disks of volumes. */
  readonly volumes: readonly Disk[];
  /** The shares that the monitor serves with diod; undefined if there are none or QEMU serves. */
  readonly served: { readonly diod: string; readonly shares: readonly Share[] } | undefined;
  /** The ramdisk of runx with the container's part; undefined if the domain does not boot it. */
  readonly ramdisk: Buffer | undefined;
  /** The part of the domain's memory that devices take. */
  readonly forDevicesMiB: number;
  /** The domain configuration, without the values that are known only later. */
  readonly config: Omit<DomainConfig, 'name' | 'uuid' | 'kernel' | 'ramdisk' | 'disks'>;
}

/** Plans and checks a container; changes nothing on the host. */
export const planContainer = async (
  context: Context,
  container: NewContainer,
): Promise<ContainerPlan> => {
  const { config, log } = context;
  const { bundle, process, annotations, networkCount } = container;
  const boot = planBoot(process, annotations, config.own_kernel);
  const fileSystems = await planFileSystems(context, container, boot);
  const { rootfs, mounts, shares, diod } = fileSystems;
  const limits = parseLimits(bundle.spec.linux.resources, 'config.json: linux.resources');
  // An engine may add an interface between `create` and `start`, so there is room for one.
  const forDevicesMiB = devicesMiB(mounts.shares.length, Math.max(1, networkCount));
  const size = planSize({ limits, annotations, config, forDevicesMiB });
  const type = annotations.domain_type ?? config.domain_type;
  const devices = {
    shares: diod === undefined ? shares.flatMap(pathsOf) : [],
    diskScript: config.monitor,
  };
  // Refuses paths that xl cannot take, before anything is done.
  renderDevices({ ...devices, disks: mounts.disks });
  if (!('kernel' in boot) || boot.kernel === undefined) await checkKernel(config.kernel);
  return {
    boot,
    rootfs,
    volumes: mounts.disks,
    ramdisk: await planRamdisk(context, container, boot, fileSystems),
    served: diod === undefined || shares.length === 0 ? undefined : { diod, shares },
    forDevicesMiB,
    config: {
      bundle: bundle.path,
      type: type === 'auto' ? await findDomainType(log) : type,
      kernelArguments: renderKernelArguments(boot.kind, process, annotations.kernel_arguments),
      ...size,
      ...devices,
    },
  };
};

const pathsOf = ({ tag, exports }: Share): { tag: string; path: string }[] =>
  exports.map(({ path }) => ({ tag, path }));

const checkKernel = async (path: string): Promise<void> => {
  try {
    await fs.access(path);
  } catch (error) {
    throw new RunxError(`guest kernel ${path}: ${messageOf(error)}`);
  }
};
