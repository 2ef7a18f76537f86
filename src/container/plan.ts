import { access } from 'node:fs/promises';

import type { Context } from '../context.ts';
import { type Boot, hasOwnGuest, planBoot, renderKernelArguments } from '../domain/boot.ts';
import { devicesMiB } from '../domain/memory.ts';
import { planSize } from '../domain/size.ts';
import { RunxError, messageOf } from '../errors.ts';
import type { MountPlan } from '../guest/mounts.ts';
import { buildRamdisk } from '../guest/ramdisk.ts';
import { openRunxMonitor, readHostname } from '../host/runx-monitor.ts';
import type { Bundle } from '../oci/bundle.ts';
import { parseLimits } from '../oci/resources.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { ociVersion } from '../oci/version.ts';
import { findProgram } from '../process.ts';
import type { Share } from '../protocol/share.ts';
import { chooseRootfs } from '../rootfs/choose.ts';
import { checkCommand } from '../rootfs/command.ts';
import { checkDiskScript } from '../rootfs/disk.ts';
import { checkVolumeShares } from '../rootfs/ninep.ts';
import { type Rootfs, sharesOf } from '../rootfs/rootfs.ts';
import type { Disk, DomainConfig } from '../xen/domain-config.ts';
import { findDomainType } from '../xen/domain-type.ts';
import type { DomainAnnotations } from './annotations.ts';
import { renderHookState } from './state.ts';
import { planVolumes } from './volumes.ts';

/** A container that is to be created. */
export interface NewContainer {
  readonly id: string;
  readonly bundle: Bundle;
  readonly process: Process;
  readonly annotations: DomainAnnotations;
  /** How many networks NETCONF asks for. */
  readonly networkCount: number;
}

/** What a container needs of the host, and what its domain is to be. */
export interface ContainerPlan {
  readonly boot: Boot;
  /** Undefined for a kernel that boots without a ramdisk, unless runx.toml or an annotation asks for one. */
  readonly rootfs: Rootfs | undefined;
  /** Disks beside those of the rootfs. */
  readonly volumes: readonly Disk[];
  /** What the monitor serves by 9P; undefined where QEMU serves, or there is nothing to serve. */
  readonly served: { readonly diod: string; readonly shares: readonly Share[] } | undefined;
  /** What runx makes of its own ramdisk for the container; undefined where runx's ramdisk does not boot. */
  readonly ramdisk: Buffer | undefined;
  /** What the domain's devices take of its memory. */
  readonly forDevicesMiB: number;
  /** The domain configuration but for what is known only when the domain is made. */
  readonly config: Omit<DomainConfig, 'name' | 'uuid' | 'kernel' | 'ramdisk' | 'disks'>;
}

/** How the file systems of a container reach its domain. */
interface FileSystems {
  readonly rootfs: Rootfs | undefined;
  readonly mounts: MountPlan;
  readonly shares: readonly Share[];
  readonly diod: string | undefined;
}

const planFileSystems = async (
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

/** Works out and checks what the container needs; nothing is done yet. */
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
  // An engine may make an interface until `start`.
  const forDevicesMiB = devicesMiB(mounts.shares.length, Math.max(1, networkCount));
  const size = planSize({ limits, annotations, config, forDevicesMiB });
  const type = annotations.domain_type ?? config.domain_type;
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
      shares: diod === undefined ? shares.flatMap(pathsOf) : [],
      diskScript: config.monitor,
    },
  };
};

// The pid of the container's process in its own pid namespace.
const firstPid = 1;

/** runx's own ramdisk for this container; undefined where the domain boots another one or none. */
const planRamdisk = async (
  context: Context,
  { id, bundle, process }: NewContainer,
  boot: Boot,
  { rootfs, mounts }: FileSystems,
): Promise<Buffer | undefined> => {
  if (hasOwnGuest(boot.kind) || rootfs === undefined) return undefined;
  const { spec, path, rootfs: rootfsPath } = bundle;
  const destinations = spec.mounts.map((mount) => mount.destination);
  await checkCommand(rootfsPath, process, destinations);
  const subject = { ociVersion, id, bundle: path, annotations: spec.annotations };
  const hookState = renderHookState(subject, 'created', firstPid);
  const named = await withHostname(context, spec);
  return buildRamdisk(context.config.ramdisk, named, process, rootfs, mounts, hookState);
};

/**
 * The spec with the host name that its process is to have: where config.json has none, that of the
 * UTS namespace which it names, as the containers of a pod have the pod's.
 */
const withHostname = async (context: Context, spec: Spec): Promise<Spec> => {
  const path = spec.linux.namespaces.find(({ type }) => type === 'uts')?.path;
  if (spec.hostname || !path) return spec;
  return { ...spec, hostname: await readHostname(openRunxMonitor(context), path) };
};

const pathsOf = ({ tag, exports }: Share): { tag: string; path: string }[] =>
  exports.map(({ path }) => ({ tag, path }));

const checkKernel = async (path: string): Promise<void> => {
  try {
    await access(path);
  } catch (error) {
    throw new RunxError(`guest kernel ${path}: ${messageOf(error)}`);
  }
};
