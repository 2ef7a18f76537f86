import type { Socket } from 'node:net';

import type { Context } from '../context.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import { findProgram, run, startDetached } from '../process.ts';
import type { Share } from '../protocol/share.ts';

/** The runx-monitor program of this host: what Node.js has no call for, and what must outlive runx. */
export interface RunxMonitor {
  /** Absolute path. */
  readonly path: string;
  readonly log: Log;
}

/** The program that runx.toml names. */
export const openRunxMonitor = ({ config, log }: Pick<Context, 'config' | 'log'>): RunxMonitor => ({
  path: config.monitor,
  log,
});

const timeoutMs = 30_000;

/** Whether the program is there and can be executed. */
export const isInstalled = async ({ path }: RunxMonitor): Promise<boolean> =>
  (await findProgram(path)) !== undefined;

const lockedExitCode = 4;

/** Locks what the descriptor is open on (flock(2)), for this process; false when another holds the lock past the deadline. */
export const lock = async (
  { path, log }: RunxMonitor,
  descriptor: number,
  deadlineMs: number,
): Promise<boolean> => {
  try {
    await run(path, ['lock'], { descriptor, log, timeoutMs: deadlineMs });
    return true;
  } catch (error) {
    // A program that was ended, and not one that failed.
    if (!(error instanceof ToolError) || error.exitCode !== undefined) throw error;
    return false;
  }
};

/** Locks what the descriptor is open on without waiting; false when another holds the lock. */
export const tryLock = async ({ path, log }: RunxMonitor, descriptor: number): Promise<boolean> => {
  try {
    await run(path, ['lock', '--try'], { descriptor, log, timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof ToolError && error.exitCode === lockedExitCode) return false;
    throw error;
  }
};

/** Makes the file system that is mounted at `mountPoint` read-only or writable, wherever it is mounted. */
export const remount = async (
  { path, log }: RunxMonitor,
  mode: 'ro' | 'rw',
  mountPoint: string,
): Promise<void> => {
  await run(path, ['remount', mode, mountPoint], { log, timeoutMs });
};

/** The host name of the UTS namespace at a path. */
export const readHostname = async (
  { path, log }: RunxMonitor,
  namespace: string,
): Promise<string> =>
  (await run(path, ['hostname', namespace], { log, timeoutMs })).stdout.trimEnd();

/** A program as execve(2) takes it. */
export interface Execution {
  readonly file: string;
  readonly argv0: string;
  readonly args: readonly string[];
}

/** What executes a program in the network namespace of a process. */
export const inNetworkOf = (
  { path }: RunxMonitor,
  pid: number,
  { file, argv0, args }: Execution,
): Execution => ({
  file: path,
  argv0: path,
  args: ['enter', String(pid), '--', file, argv0, ...args],
});

const noDomainExitCode = 3;

/** A signal for the process of the container with this slot. */
export interface GuestSignal {
  readonly domid: number;
  readonly slot: number;
  readonly number: number;
  /** For all processes of the container. */
  readonly all: boolean;
  /** The domain runs nothing of runx: it is asked to power off instead. */
  readonly ownGuest: boolean;
}

/** Has the guest's kernel deliver a signal; false when the domain is gone. */
export const signalGuest = async (
  { path, log }: RunxMonitor,
  { domid, slot, number, all, ownGuest }: GuestSignal,
): Promise<boolean> => {
  const args = [
    'signal',
    ...(all ? ['--all'] : []),
    ...(ownGuest ? ['--own-guest'] : []),
    String(domid),
    String(slot),
    String(number),
  ];
  const { exitCode } = await run(path, args, {
    log,
    timeoutMs,
    okExitCodes: [noDomainExitCode],
  });
  return exitCode !== noDomainExitCode;
};

/** Leaves the lines of its network for a guest, before it runs. */
export const tellNetwork = async (
  { path, log }: RunxMonitor,
  domid: number,
  lines: string,
): Promise<void> => {
  await run(path, ['network', String(domid)], { log, timeoutMs, input: lines });
};

/** What the guest says to be its address by DHCP on an interface: any text, empty when it says nothing. */
export const readLease = async (
  { path, log }: RunxMonitor,
  domid: number,
  interfaceName: string,
): Promise<string> =>
  (await run(path, ['address', String(domid), interfaceName], { log, timeoutMs })).stdout.trim();

const exportOptions = ({ readonly, file, recursive }: Share['exports'][number]): string =>
  `${readonly ? 'r' : ''}${recursive ? 's' : ''}${file ? 'f' : ''}`;

const shareArguments = (share: Share): readonly string[] => [
  `--share=${share.tag}`,
  // The path comes last and is taken as it is: no option holds a colon.
  ...share.exports.map((one) => `--export=${exportOptions(one)}:${one.path}`),
];

/** A program that sees the exports below /export, by their tags, and nothing else of the host. */
export interface ConfinedProgram {
  /** Directory in which a mount point can be made. */
  readonly stateDirectory: string;
  readonly shares: readonly Share[];
  readonly file: string;
  readonly args: readonly string[];
  /** Stays open in the program as its descriptor 3. */
  readonly descriptor: number;
  readonly timeoutMs: number;
}

/** Runs a program in a root directory of its own, to its end. */
export const runConfined = async (
  { path, log }: RunxMonitor,
  program: ConfinedProgram,
): Promise<void> => {
  const args = [
    'image',
    `--state=${program.stateDirectory}`,
    ...program.shares.flatMap(shareArguments),
    '--',
    program.file,
    ...program.args,
  ];
  const { descriptor } = program;
  await run(path, args, { descriptor, log, timeoutMs: program.timeoutMs });
};

// Each disk of a container may be held for 2 s by an earlier one before the pid is told.
const answersMs = 60_000;

/** Where the terminal of a process comes from, if it has one. */
interface TerminalOptions {
  readonly terminal: boolean;
  /** Unix socket that gets the terminal's master; the inherited terminal is used unless given. */
  readonly consoleSocket: string | undefined;
}

const terminalArguments = ({ terminal, consoleSocket }: TerminalOptions): readonly string[] => [
  ...(terminal ? ['--terminal'] : []),
  ...(consoleSocket === undefined ? [] : [`--console-socket=${consoleSocket}`]),
];

/** Which container a process stands for. */
interface StandIn {
  readonly stateDirectory: string;
  readonly id: string;
}

const standInArguments = ({ stateDirectory, id }: StandIn): readonly string[] => [
  `--state=${stateDirectory}`,
  `--id=${id}`,
];

const networkArguments = (network: string | undefined): readonly string[] =>
  network === undefined ? [] : [`--network=${network}`];

/** What the process that stands for a container is started with. */
export interface ContainerMonitorOptions extends StandIn, TerminalOptions {
  readonly slot: number;
  readonly xlPath: string;
  /** The domain runs nothing of runx: its ramdisk is the container's, or it has none. */
  readonly ownGuest: boolean;
  /** The monitor keeps the container's output, and its input comes from runx console. */
  readonly keepOutput: boolean;
  /** What the monitor serves by 9P, and with which diod; undefined for nothing. */
  readonly served: { readonly diod: string; readonly shares: readonly Share[] } | undefined;
  /** Block devices that nobody else is to mount or to hold meanwhile. */
  readonly disks: readonly string[];
  /** Path of the network namespace it is to be in; one of its own unless given. */
  readonly network: string | undefined;
}

/** Starts the process that stands for a container; the other end of its control lines comes back. */
export const startRun = (
  { path, log }: RunxMonitor,
  options: ContainerMonitorOptions,
): Promise<Socket> => {
  const { slot, xlPath, ownGuest, keepOutput, served, disks, network } = options;
  const args = [
    'run',
    ...standInArguments(options),
    `--slot=${slot}`,
    `--xl=${xlPath}`,
    ...terminalArguments(options),
    ...networkArguments(network),
    ...(ownGuest ? ['--own-guest'] : []),
    ...disks.map((disk) => `--disk=${disk}`),
    ...(keepOutput ? ['--keep-output'] : []),
    ...(served === undefined
      ? []
      : [`--diod=${served.diod}`, ...served.shares.flatMap(shareArguments)]),
  ];
  return startDetached(path, args, { log, timeoutMs: answersMs });
};

/** What the process that stands for one added by exec is started with. */
export interface ExecMonitorOptions extends StandIn, TerminalOptions {
  readonly slot: number;
  readonly domain: { readonly name: string; readonly domid: number };
}

/** Starts the process that stands for one added by exec; the other end of its control lines comes back. */
export const startExec = (
  { path, log }: RunxMonitor,
  options: ExecMonitorOptions,
): Promise<Socket> => {
  const { slot, domain } = options;
  const args = [
    'exec',
    ...standInArguments(options),
    `--slot=${slot}`,
    `--domain=${domain.name}`,
    `--domid=${domain.domid}`,
    ...terminalArguments(options),
  ];
  return startDetached(path, args, { log, timeoutMs: answersMs });
};

/** What the process that holds the namespaces of a pod is started with. */
export interface HoldOptions extends StandIn {
  /** Path of its network namespace; one of its own unless given. */
  readonly network: string | undefined;
  /** Host name of its UTS namespace; the host's unless given. */
  readonly hostname: string | undefined;
}

/** Starts the process that holds the namespaces of a pod; the other end of its control lines comes back. */
export const startHold = ({ path, log }: RunxMonitor, options: HoldOptions): Promise<Socket> => {
  const { network, hostname } = options;
  const args = [
    'hold',
    ...standInArguments(options),
    ...networkArguments(network),
    ...(hostname === undefined ? [] : [`--hostname=${hostname}`]),
  ];
  return startDetached(path, args, { log, timeoutMs: answersMs });
};
