import { RunxError } from '../errors.ts';
import { parseCapabilities } from '../oci/capabilities.ts';
import { parsePropagation } from '../oci/mount-options.ts';
import { parseRlimit } from '../oci/rlimits.ts';
import type { SeccompFilter } from './seccomp/compile.ts';
import type { Device, Process, Spec } from '../oci/spec.ts';
import { maximumRecord } from '../protocol/contract.ts';
import { type RecordEntry, optionalEntry, renderEntries } from '../protocol/entry.ts';
import type { GuestMount } from './guest-mount.ts';
import { startHookEntries } from './hooks.ts';
import type { MountPlan } from './mounts.ts';

/** A container that its domain boots with. */
export interface GuestContainer {
  /** Whose end is that of the domain. */
  readonly owner: 'container' | 'pod' | 'pool';
  readonly spec: Spec;
  readonly process: Process;
  /** How its rootfs is mounted. */
  readonly rootfs: readonly RecordEntry[];
  readonly mounts: MountPlan;
  readonly seccomp: SeccompFilter | undefined;
  /** Whether its networks may bring name servers. */
  readonly hasNetworks: boolean;
  /** What startContainer hooks are told. */
  readonly hookState: string;
}

// linux/sched.h.  The network is the domain's own in any case, and the mounts are
// those of a guest that holds nothing else.
const namespaceNumbers: Readonly<Record<string, number>> = {
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
};

const namespaceFlags = (namespaces: Spec['linux']['namespaces']): number =>
  namespaces.reduce((flags, { type }) => flags | (namespaceNumbers[type] ?? 0), 0);

const fileTypes = { c: 0o020000, u: 0o020000, b: 0o060000, p: 0o010000 } as const;

/** The devices every container has (runtime-spec, config-linux.md, "Default Devices"). */
const defaultDevices: readonly Device[] = [
  { path: '/dev/null', minor: 3 },
  { path: '/dev/zero', minor: 5 },
  { path: '/dev/full', minor: 7 },
  { path: '/dev/random', minor: 8 },
  { path: '/dev/urandom', minor: 9 },
  { path: '/dev/tty', major: 5, minor: 0 },
].map((device) => ({ type: 'c', major: 1, fileMode: 0o666, uid: 0, gid: 0, ...device }));

/** The devices of config.json, and the default ones that it does not redefine. */
const allDevices = (devices: readonly Device[]): readonly Device[] => [
  ...defaultDevices.filter(({ path }) => !devices.some((device) => device.path === path)),
  ...devices,
];

const unlimited = 2 ** 63;

const limit = (value: number): string =>
  value >= unlimited ? '18446744073709551615' : String(value);

const mountEntries = (mount: GuestMount): readonly RecordEntry[] => [
  ['mount', mount.destination],
  ['mount-type', mount.type],
  ...optionalEntry('mount-bind', mount.bind),
  ...(mount.disk ? optionalEntry('mount-disk', 1) : []),
  ['mount-source', mount.source],
  ['mount-flags', mount.flags],
  ['mount-propagation', mount.propagation],
  ['mount-data', mount.data],
  ...(mount.copyUp ? optionalEntry('mount-copy-up', 1) : []),
];

const renderDevice = ({ type, fileMode, major, minor, uid, gid, path }: Device): string =>
  [fileTypes[type] | fileMode, major, minor, uid, gid, path].join(' ');

const capabilityEntries = (process: Process): readonly RecordEntry[] =>
  (['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const).map((set) => [
    `capability-${set}`,
    parseCapabilities(process.capabilities?.[set] ?? []).toString(16),
  ]);

const renderRlimit = ({ type, soft, hard }: Process['rlimits'][number]): string =>
  `${parseRlimit(type)} ${limit(soft)} ${limit(hard)}`;

const renderScheduler = (scheduler: NonNullable<Process['scheduler']>): string => {
  const { policy, flags, nice, priority, runtime, deadline, period } = scheduler;
  return [policy, flags, nice, priority, runtime, deadline, period].join(' ');
};

const renderMapping = (mapping: Spec['linux']['uidMappings'][number]): string =>
  `${mapping.containerID} ${mapping.hostID} ${mapping.size}`;

const repeated = (key: string, values: readonly (string | number)[]): readonly RecordEntry[] =>
  values.map((value) => [key, value]);

const processEntries = (
  process: Process,
  seccomp: SeccompFilter | undefined,
): readonly RecordEntry[] => [
  ...repeated('arg', process.args),
  ...repeated('env', process.env),
  ['cwd', process.cwd],
  ['uid', process.user.uid],
  ['gid', process.user.gid],
  ...repeated('group', process.user.additionalGids),
  ...optionalEntry('umask', process.user.umask),
  ['terminal', Number(process.terminal)],
  ['no-new-privileges', Number(process.noNewPrivileges)],
  ...capabilityEntries(process),
  ...repeated('rlimit', process.rlimits.map(renderRlimit)),
  ...optionalEntry('oom-score-adj', process.oomScoreAdj),
  ...optionalEntry('io-priority', process.ioPriority),
  ...optionalEntry('scheduler', process.scheduler && renderScheduler(process.scheduler)),
  ...optionalEntry('seccomp-flags', seccomp?.flags),
  ...optionalEntry('seccomp', seccomp?.program.toString('hex')),
];

// What a process shares with all others of its container.
const sharedEntries = ({ linux }: Spec): readonly RecordEntry[] => [
  ['namespaces', namespaceFlags(linux.namespaces)],
  ...repeated('uid-map', linux.uidMappings.map(renderMapping)),
  ...repeated('gid-map', linux.gidMappings.map(renderMapping)),
  ...optionalEntry('personality', linux.personality),
];

const containerEntries = (spec: Spec, mounts: MountPlan): readonly RecordEntry[] => [
  ...optionalEntry('hostname', spec.hostname || undefined),
  ...optionalEntry('domainname', spec.domainname || undefined),
  ['readonly-rootfs', Number(spec.root.readonly)],
  ...(spec.linux.rootfsPropagation
    ? optionalEntry('rootfs-propagation', parsePropagation(spec.linux.rootfsPropagation))
    : []),
  ...repeated(
    'share',
    mounts.shares.map(({ tag }) => tag),
  ),
  ...mounts.mounts.flatMap(mountEntries),
  ...repeated('device', allDevices(spec.linux.devices).map(renderDevice)),
  ...repeated(
    'sysctl',
    Object.entries(spec.linux.sysctl).map(([key, value]) => `${key}=${value}`),
  ),
  ...repeated('masked-path', spec.linux.maskedPaths),
  ...repeated('readonly-path', spec.linux.readonlyPaths),
];

/**
 * What initrd/process reads of a container: the only channel for the process's own
 * strings, none of which a shell ever sees.
 */
export const renderContainerRecord = (container: GuestContainer): Buffer => {
  const { owner, spec, process, rootfs, mounts, seccomp, hasNetworks, hookState } = container;
  return renderEntries([
    ...processEntries(process, seccomp),
    ['owner', owner],
    ...sharedEntries(spec),
    ...rootfs,
    ...containerEntries(spec, mounts),
    ['resolv-conf', Number(hasNetworks)],
    ...startHookEntries(spec.hooks.startContainer, hookState, process.env),
  ]);
};

/** The same of a process that is added to the container in a slot, which is there already. */
export const renderProcessRecord = (
  slot: number,
  spec: Spec,
  process: Process,
  seccomp: SeccompFilter | undefined,
): Buffer => {
  const record = renderEntries([
    ...processEntries(process, seccomp),
    ['slot', slot],
    ...sharedEntries(spec),
  ]);
  if (record.length > maximumRecord) {
    throw new RunxError(
      `process: arguments, environment and other settings have ${record.length} bytes: at most ${maximumRecord} are possible`,
    );
  }
  return record;
};
