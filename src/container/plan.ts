import { access } from 'node:fs/promises';

import { RunxError, messageOf } from '../errors.ts';
import { checkCommand } from '../rootfs/command.ts';
import { devicesMiB } from '../domain/memory.ts';
import { type MountPlan, planMounts } from '../guest/mounts.ts';
import { type OwnBoot, isOwnGuest, planOwnBoot, renderOwnArguments } from '../domain/boot.ts';
import { buildRamdisk } from '../guest/ramdisk.ts';
import { type Rootfs, rootfsEntries, sharesOf } from '../rootfs/rootfs.ts';
import type { Share } from '../protocol/share.ts';
import type { MonitorOptions } from '../monitor/container-monitor.ts';
import type { Bundle } from '../oci/bundle.ts';
import { parseLimits } from '../oci/resources.ts';
import type { Process } from '../oci/spec.ts';
import { ociVersion } from '../oci/version.ts';
import { findProgram } from '../process.ts';
import type { Disk, DomainConfig } from '../xen/domain-config.ts';
import { findDomainType } from '../xen/domain-type.ts';
import { type Xl, findXl } from '../xen/xl.ts';
import type { DomainWishes } from './annotations.ts';
import { findBindSources } from './bind-sources.ts';
import type { Context } from './context.ts';
import { findDiskSources } from './disk-sources.ts';
import { withHostname } from './hostname.ts';
import { checkDiskScript, checkVolumes, chooseRootfs } from '../rootfs/choose.ts';
import { planSize } from '../domain/size.ts';
import { renderHookState } from './status.ts';
import { warnOfCapabilities } from './supported.ts';

/** What the domain of a container is to be, and what makes it. */
export interface DomainPlan {
  readonly xl: Xl;
  /** Undefined for a kernel that boots without a ramdisk, and did not ask for it. */
  readonly rootfs: Rootfs | undefined;
  /** What the monitor serves it; undefined where QEMU serves, or there is nothing to serve. */
  readonly served: MonitorOptions['served'];
  /** Disks beside those of the rootfs. */
  readonly volumes: readonly Disk[];
  readonly own: OwnBoot;
  /** What runx makes of its own ramdisk; undefined where it is not that which boots. */
  readonly ramdisk: Buffer | undefined;
  /** What its devices take of the memory. */
  readonly forDevicesMiB: number;
  /** The domain configuration but for what is known only when it is made. */
  readonly config: Omit<DomainConfig, 'name' | 'uuid' | 'ramdisk' | 'disks'>;
}

// Nothing of the kernel's own log is wanted but a panic, and a panic ends the domain.
const kernelArguments = 'console=hvc0 quiet panic=0 rdinit=/init';

// Of the container's process, in its own pid namespace.
const firstPid = 1;

/** Works out and checks what the container's domain needs; nothing is done yet. */
export const planDomain = async (
  context: Context,
  id: string,
  bundle: Bundle,
  process: Process,
  wishes: DomainWishes,
  networkCount: number,
): Promise<DomainPlan> => {
  const { config, log } = context;
  const { spec, path, rootfs: rootfsPath } = bundle;
  warnOfCapabilities(process, log);
  const diod = await findProgram(config.diod);
  const own = planOwnBoot(process, wishes, config.own_kernel);
  const ownGuest = isOwnGuest(own);
  const hasRootfs = own.ramdisk !== 'none' || (wishes.rootfs ?? config.rootfs) !== 'auto';
  const rootfs = hasRootfs
    ? await chooseRootfs(context, {
        path: rootfsPath,
        wish: wishes.rootfs,
        diod,
        isReadonly: spec.root.readonly,
      })
    : undefined;
  const volumes = hasRootfs ? spec.mounts : [];
  const mounts = planMounts(
    volumes,
    await findBindSources(volumes, path),
    diod !== undefined,
    await findDiskSources(volumes),
  );
  const hasDisks = mounts.disks.length > 0 || (rootfs !== undefined && rootfs.kind !== '9p');
  if (hasDisks) checkDiskScript(config.monitor);
  // runx's init makes mount points in a rootfs that is to be read-only.
  const shares = [...sharesOf(rootfs, ownGuest && spec.root.readonly), ...mounts.shares];
  if (diod === undefined && rootfs?.kind !== '9p') {
    await checkVolumes(context, mounts.shares.length);
  }
  const limits = parseLimits(spec.linux.resources, 'config.json: linux.resources');
  // An engine may make an interface until `start`.
  const forDevicesMiB = devicesMiB(mounts.shares.length, Math.max(1, networkCount));
  const size = planSize(limits, wishes, config, forDevicesMiB);
  const type = wishes.domain_type ?? config.domain_type;
  if (own.kernel === undefined) await checkFile('guest kernel', config.kernel);
  return {
    rootfs,
    volumes: mounts.disks,
    own,
    ramdisk:
      ownGuest || rootfs === undefined
        ? undefined
        : await planRamdisk(context, id, bundle, process, rootfs, mounts),
    xl: await findXl(config.xl, log),
    served: diod === undefined || shares.length === 0 ? undefined : { diod, shares },
    forDevicesMiB,
    config: {
      bundle: path,
      type: type === 'auto' ? await findDomainType(log) : type,
      kernel: config.kernel,
      kernelArguments: ownGuest
        ? (wishes.kernel_arguments ?? renderOwnArguments(process))
        : [kernelArguments, wishes.kernel_arguments].filter(Boolean).join(' '),
      ...size,
      shares: diod === undefined ? shares.flatMap(pathsOf) : [],
      diskScript: config.monitor,
    },
  };
};

/** What runx's own ramdisk is for this container. */
const planRamdisk = async (
  { config, log }: Context,
  id: string,
  { spec, path, rootfs: rootfsPath }: Bundle,
  process: Process,
  rootfs: Rootfs,
  mounts: MountPlan,
): Promise<Buffer> => {
  await checkCommand(
    rootfsPath,
    process,
    spec.mounts.map((mount) => mount.destination),
  );
  const subject = { ociVersion, id, bundle: path, annotations: spec.annotations };
  const hookState = renderHookState(subject, 'created', firstPid);
  const named = await withHostname(spec, config.monitor, log);
  return buildRamdisk(config.ramdisk, {
    spec: named,
    process,
    rootfs: rootfsEntries(rootfs),
    mounts,
    hookState,
  });
};

const pathsOf = ({ tag, exports }: Share): { tag: string; path: string }[] =>
  exports.map(({ path }) => ({ tag, path }));

const checkFile = async (what: string, path: string): Promise<void> => {
  try {
    await access(path);
  } catch (error) {
    throw new RunxError(`${what} ${path}: ${messageOf(error)}`);
  }
};
