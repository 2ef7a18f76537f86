import type { Socket } from 'node:net';

import type { Context } from '../context.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import { findProgram, run, startDetached } from '../process.ts';
import type { Share } from '../protocol/share.ts';

/** The program runx-monitor, for calls that Node.js lacks and for processes that outlive runx. */
export interface RunxMonitor {
  /** Absolute path. */
  readonly path: string;
  readonly log: Log;
}

/** The program named by `monitor` in runx.toml. */
export const openRunxMonitor = ({ config, log }: Pick<Context, 'config' | 'log'>): RunxMonitor => ({
  path: config.monitor,
  log,
});

const timeoutMs = 30_000;

/** Whether the program exists and is executable. */
export const isInstalled = async ({ path }: RunxMonitor): Promise<boolean> =>
  (await findProgram(path)) !== undefined;

const lockedExitCode = 4;

/**
 * Locks an open file (flock(2)); the lock lasts until this process closes the descriptor.  Returns
 * false if another process still holds the lock after `deadlineMs`.
 */
export const lock = async (
  { path, log }: RunxMonitor,
  descriptor: number,
  deadlineMs: number,
): Promise<boolean> => {
  try {
    await run(path, ['lock'], { descriptor, log, timeoutMs: deadlineMs });
    return true;
  } catch (error) {
    if (error instanceof ToolError && error.timedOut) return false;
    throw error;
  }
};

/** Locks an open file without waiting; returns false if another process holds the lock. */
export const tryLock = async ({ path, log }: RunxMonitor, descriptor: number): Promise<boolean> => {
  try {
    await run(path, ['lock', '--try'], { descriptor, log, timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof ToolError && error.exitCode === lockedExitCode) return false;
    throw error;
  }
};

/** Makes the file system mounted at `mountPoint` read-only or writable, at all its mount points. */
export const remount = async (
  { path, log }: RunxMonitor,
  mode: 'ro' | 'rw',
  mountPoint: string,
): Promise<void> => {
  await run(path, ['remount', mode, mountPoint], { log, timeoutMs });
};

/** Reads the host name of the UTS namespace at a path. */
export const readHostname = async (
  { path, log }: RunxMonitor,
  namespace: string,
): Promise<string> =>
  (await run(path, ['hostname', namespace], { log, timeoutMs })).stdout.trimEnd();

/** The arguments of execve(2). */
export interface Execution {
  readonly file: string;
  readonly argv0: string;
  readonly args: readonly string[];
}

/** Wraps a program so that it runs in the network namespace of a process. */
export const inNetworkOf = (
  { path }: RunxMonitor,
  pid: number,
  { file, argv0, args }: Execution,
): Execution => ({
  file: path,
  argv0: path,
  args: ['enter', String(pid), '--', file, argv0, ...args],
});

/** Writes the network settings for a guest to xenstore. */
export const tellNetwork = async (
  { path, log }: RunxMonitor,
  domid: number,
  lines: string,
): Promise<void> => {
  await run(path, ['network', String(domid)], { log, timeoutMs, input: lines });
};

/** Reads the DHCP address that the guest reports for an interface: untrusted text, can be empty. */
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
  // The monitor takes everything after the first colon as the path; options have no colon.
  ...share.exports.map((one) => `--export=${exportOptions(one)}:${one.path}`),
];

/** A program that sees only its exports, below /export/TAG, and nothing else of the host. */
export interface ConfinedProgram {
  /** The container's state directory, in which a mount point can be made. */
  readonly stateDirectory: string;
  readonly shares: readonly Share[];
  readonly file: string;
  readonly args: readonly string[];
  /** A descriptor that the program inherits as its descriptor 3. */
  readonly descriptor: number;
  readonly timeoutMs: number;
}

/** Runs a program in a root directory of its own and waits for it. */
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

/** The terminal of a process, if it has one. */
interface TerminalOptions {
  readonly terminal: boolean;
  /** The size of the terminal until somebody resizes it. */
  readonly consoleSize: { readonly height: number; readonly width: number } | null | undefined;
  /** Unix socket that gets the terminal's master; undefined to use the inherited terminal. */
  readonly consoleSocket: string | undefined;
}

const terminalArguments = ({
  terminal,
  consoleSize,
  consoleSocket,
}: TerminalOptions): readonly string[] => [
  ...(terminal ? ['--terminal'] : []),
  ...(terminal && consoleSize ? [`--window=${consoleSize.height}x${consoleSize.width}`] : []),
  ...(consoleSocket === undefined ? [] : [`--console-socket=${consoleSocket}`]),
];

/** The container that a process stands for. */
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

/** The options of the monitor of a container. */
export interface ContainerMonitorOptions extends StandIn, TerminalOptions {
  readonly slot: number;
  readonly xlPath: string;
  /** Whether the domain does not run the init of runx. */
  readonly ownGuest: boolean;
  /** Whether the monitor keeps the output and takes the input from runx console. */
  readonly keepOutput: boolean;
  /** The path of diod and the shares that it serves; undefined if there are none. */
  readonly served: { readonly diod: string; readonly shares: readonly Share[] } | undefined;
  /** Block devices that the monitor holds exclusively. */
  readonly disks: readonly string[];
  /** Path of the network namespace; undefined for a new one. */
  readonly network: string | undefined;
}

/** Starts the monitor of a container; returns the socket for its control lines. */
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

/** The options of the monitor of a process that exec adds. */
export interface ExecMonitorOptions extends StandIn, TerminalOptions {
  readonly slot: number;
  readonly domain: { readonly name: string; readonly domid: number };
}

/** Starts the monitor of a process that exec adds; returns the socket for its control lines. */
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

/** The options of the holder of a sandbox. */
export interface HoldOptions extends StandIn {
  /** Path of the network namespace; undefined for a new one. */
  readonly network: string | undefined;
  /** Host name of the UTS namespace; undefined for the host's. */
  readonly hostname: string | undefined;
}

/** Starts the holder of a sandbox; returns the socket for its control lines. */
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
