import { parseCapabilities } from '../oci/capabilities.ts';
import { parsePropagation } from '../oci/mount-options.ts';
import { parseRlimit } from '../oci/rlimits.ts';
import type { SeccompFilter } from './seccomp/compile.ts';
import type { Device, Process, Spec } from '../oci/spec.ts';
import { type GuestMount, type MountPlan, planMounts } from './mounts.ts';

type Record = readonly [key: string, value: string | number];

// linux/sched.h.  The network is the domain's own in any case, and the mounts are
// those of a guest that holds nothing else.
const namespaceNumbers: Readonly<globalThis.Record<string, number>> = {
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

const mountRecords = (mount: GuestMount): Record[] => [
  ['mount', mount.destination],
  ['mount-type', mount.type],
  ...(mount.bind === undefined ? [] : [['mount-bind', mount.bind] satisfies Record]),
  ...(mount.disk ? [['mount-disk', 1] satisfies Record] : []),
  ['mount-source', mount.source],
  ['mount-flags', mount.flags],
  ['mount-propagation', mount.propagation],
  ['mount-data', mount.data],
  ...(mount.copyUp ? [['mount-copy-up', 1] satisfies Record] : []),
];

const deviceRecord = (device: Device): Record => [
  'device',
  [
    fileTypes[device.type] | device.fileMode,
    device.major,
    device.minor,
    device.uid,
    device.gid,
    device.path,
  ].join(' '),
];

const capabilityRecords = (process: Process): Record[] =>
  (['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const).map((set) => [
    `capability-${set}`,
    parseCapabilities(process.capabilities?.[set] ?? []).toString(16),
  ]);

const seccompRecords = ({ program, flags }: SeccompFilter): Record[] => [
  ['seccomp-flags', flags],
  ['seccomp', program.toString('hex')],
];

const schedulingRecords = ({ ioPriority, scheduler }: Process): Record[] => [
  ...(typeof ioPriority === 'number' ? [['io-priority', ioPriority] satisfies Record] : []),
  ...(scheduler ? [['scheduler', renderScheduler(scheduler)] satisfies Record] : []),
];

const renderScheduler = (scheduler: NonNullable<Process['scheduler']>): string => {
  const { policy, flags, nice, priority, runtime, deadline, period } = scheduler;
  return [policy, flags, nice, priority, runtime, deadline, period].join(' ');
};

const renderMapping = (mapping: Spec['linux']['uidMappings'][number]): string =>
  `${mapping.containerID} ${mapping.hostID} ${mapping.size}`;

const processRecords = (process: Process, seccomp: SeccompFilter | undefined): Record[] => [
  ...process.args.map((arg): Record => ['arg', arg]),
  ...process.env.map((variable): Record => ['env', variable]),
  ['cwd', process.cwd],
  ['uid', process.user.uid],
  ['gid', process.user.gid],
  ...process.user.additionalGids.map((gid): Record => ['group', gid]),
  ...(process.user.umask === undefined || process.user.umask === null
    ? []
    : [['umask', process.user.umask] satisfies Record]),
  ['terminal', Number(process.terminal)],
  ['no-new-privileges', Number(process.noNewPrivileges)],
  ...capabilityRecords(process),
  ...process.rlimits.map(({ type, soft, hard }): Record => [
    'rlimit',
    `${parseRlimit(type)} ${limit(soft)} ${limit(hard)}`,
  ]),
  ...(process.oomScoreAdj === undefined || process.oomScoreAdj === null
    ? []
    : [['oom-score-adj', process.oomScoreAdj] satisfies Record]),
  ...schedulingRecords(process),
  ...(seccomp === undefined ? [] : seccompRecords(seccomp)),
];

// What a process shares with all others of its container.
const sharedRecords = ({ linux }: Spec): Record[] => [
  ['namespaces', namespaceFlags(linux.namespaces)],
  ...linux.uidMappings.map((mapping): Record => ['uid-map', renderMapping(mapping)]),
  ...linux.gidMappings.map((mapping): Record => ['gid-map', renderMapping(mapping)]),
  ...(linux.personality === undefined || linux.personality === null
    ? []
    : [['personality', linux.personality] satisfies Record]),
];

const containerRecords = (spec: Spec, plan: MountPlan): Record[] => [
  ...sharedRecords(spec),
  ...(spec.hostname ? [['hostname', spec.hostname] satisfies Record] : []),
  ...(spec.domainname ? [['domainname', spec.domainname] satisfies Record] : []),
  ['readonly-rootfs', Number(spec.root.readonly)],
  ...(spec.linux.rootfsPropagation
    ? [['rootfs-propagation', parsePropagation(spec.linux.rootfsPropagation)] satisfies Record]
    : []),
  ...plan.shares.map(({ tag }): Record => ['share', tag]),
  ...plan.mounts.flatMap(mountRecords),
  ...allDevices(spec.linux.devices).map(deviceRecord),
  ...Object.entries(spec.linux.sysctl).map(([key, value]): Record => ['sysctl', `${key}=${value}`]),
  ...spec.linux.maskedPaths.map((path): Record => ['masked-path', path]),
  ...spec.linux.readonlyPaths.map((path): Record => ['readonly-path', path]),
];

const render = (records: readonly Record[]): Buffer =>
  Buffer.from(records.map(([key, value]) => `${key} ${value}\0`).join(''));

/**
 * What initrd/process reads in the guest: NUL-terminated records "KEY VALUE", the
 * only channel for the process's own strings, none of which a shell ever sees.
 */
export const renderProcess = (
  spec: Spec,
  process: Process,
  plan: MountPlan = planMounts(spec.mounts),
  seccomp?: SeccompFilter,
): Buffer => render([...processRecords(process, seccomp), ...containerRecords(spec, plan)]);

/** The same for a process that is added to a container, which is there already. */
export const renderAddedProcess = (spec: Spec, process: Process, seccomp?: SeccompFilter): Buffer =>
  render([...processRecords(process, seccomp), ...sharedRecords(spec)]);
