import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { startDetached } from '../process.ts';

export interface MonitorOptions {
  /** The runx-monitor program. */
  readonly program: string;
  readonly stateDirectory: string;
  readonly id: string;
  readonly xlPath: string;
  readonly terminal: boolean;
  readonly consoleSocket: string | undefined;
  /** Nothing in the guest knows of runx: it is a ramdisk of the container's, or none. */
  readonly ownGuest: boolean;
  /** It keeps the container's output, and who attaches has its input (attach.h). */
  readonly keepOutput: boolean;
  /** What the monitor serves by 9P, and with which diod. */
  readonly served: { readonly diod: string; readonly shares: readonly Share[] } | undefined;
  /** Block devices that nobody else is to mount or to hold meanwhile. */
  readonly disks: readonly string[];
  /** Path of the network namespace it is to be in; one of its own unless given. */
  readonly network: string | undefined;
  readonly log: Log;
}

/** One 9P device of the domain: a directory, or files (share.h). */
interface Share {
  readonly tag: string;
  readonly exports: readonly {
    readonly path: string;
    readonly readonly: boolean;
    readonly file: boolean;
    /** With what is mounted below it. */
    readonly recursive: boolean;
  }[];
}

const exportOptions = ({ readonly, file, recursive }: Share['exports'][number]): string =>
  `${readonly ? 'r' : ''}${recursive ? 's' : ''}${file ? 'f' : ''}`;

const shareArguments = (share: Share): string[] => [
  `--share=${share.tag}`,
  // The path comes last and is taken as it is: no option holds a colon.
  ...share.exports.map((one) => `--export=${exportOptions(one)}:${one.path}`),
];

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time from /proc/PID/stat, in clock ticks since boot. */
  readonly startTime: string;
}

/** The monitor of a container that is being created or run in the foreground. */
export interface Monitor extends Launched {
  /** Tells it which domain to destroy if create dies from here on. */
  readonly name: (domain: string) => void;
  /** Has it offer the domain's consoles. */
  readonly attach: (domid: number) => Promise<void>;
  /** From here on the container outlives runx. */
  readonly commit: () => void;
}

/** Field 22 of /proc/PID/stat; undefined for a process that is gone or a zombie. */
export const parseStartTime = (stat: string): string | undefined => {
  // The command's name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
};

/** When the process started, as ProcessIdentity has it; undefined when it is gone. */
const startTimeOf = async (pid: number): Promise<string | undefined> => {
  try {
    return parseStartTime(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
};

/** Which process has this pid now; undefined if none has. */
export const findIdentity = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const startTime = await startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
};

export const monitorIsAlive = async (identity: ProcessIdentity): Promise<boolean> =>
  (await startTimeOf(identity.pid)) === identity.startTime;

/** Sends a signal to the monitor itself; false when it is gone. */
export const signalMonitor = async (
  identity: ProcessIdentity,
  signal: NodeJS.Signals | number,
): Promise<boolean> => {
  if (!(await monitorIsAlive(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
};

/** Waits until the monitor is gone; false when it is not in time. */
export const waitForMonitor = async (
  identity: ProcessIdentity,
  timeoutMs: number,
  pollMs = 20,
): Promise<boolean> => {
  const deadline = performance.now() + timeoutMs;
  while (await monitorIsAlive(identity)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
};

/**
 * Gives the monitor `patienceMs` to end by itself, then kills it and waits `killedMs` at
 * most for its end.
 */
export const endMonitor = async (
  identity: ProcessIdentity,
  { patienceMs, killedMs }: { readonly patienceMs: number; readonly killedMs: number },
): Promise<void> => {
  if (patienceMs > 0 && (await waitForMonitor(identity, patienceMs))) return;
  await signalMonitor(identity, 'SIGKILL');
  await waitForMonitor(identity, killedMs);
};

/** Reads "KEY VALUE" lines; each key's first value can be waited for. */
const readLines = (socket: Socket) => {
  const waiting = new Map<string, (value: string) => void>();
  const seen = new Map<string, string>();
  let reject: (error: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, rejectWith) => {
    reject = rejectWith;
  });
  failed.catch(() => {});
  const lines = createInterface({ input: socket, crlfDelay: Infinity });
  lines.on('line', (line) => {
    const [key = '', ...rest] = line.split(' ');
    const value = rest.join(' ');
    if (key === 'error') reject(new RunxError(value));
    seen.set(key, value);
    waiting.get(key)?.(value);
  });
  const ended = new RunxError('the monitor ended unexpectedly');
  lines.on('close', () => reject(ended));
  // The interface emits its input's errors again, such as a killed monitor's reset.
  for (const source of [socket, lines]) {
    source.on('error', (error: Error) => {
      reject(hasCode(error, 'ECONNRESET') ? ended : new RunxError(`monitor: ${messageOf(error)}`));
    });
  }
  return (key: string): Promise<string> => {
    const value = seen.get(key);
    if (value !== undefined) return Promise.resolve(value);
    const arrival = new Promise<string>((resolve) => waiting.set(key, resolve));
    return Promise.race([arrival, failed]);
  };
};

const parseNumber = (text: string, what: string): number => {
  if (!/^\d+$/.test(text)) throw new RunxError(`the monitor said no ${what}: "${text}"`);
  return Number(text);
};

/** What monitors of both kinds have in common. */
export interface Launched {
  readonly identity: ProcessIdentity;
  /** The exit code of what it stands for. */
  readonly exitCode: () => Promise<number>;
  /** Lets go of it, so that runx can end. */
  readonly release: () => void;
}

// It may wait 2 s for each disk before it tells its pid.
const answerTimeoutMs = 60_000;

/** Starts a monitor, which inherits standard input and output, and speaks lines with it. */
export const launch = async (program: string, args: readonly string[], log: Log) => {
  const socket = await startDetached(program, args, { log, timeoutMs: answerTimeoutMs });
  const receive = readLines(socket);
  const pid = parseNumber(await receive('pid'), 'pid');
  const identity = await findIdentity(pid);
  if (identity === undefined) {
    await receive('exit'); // the error it gives is better than the one below
    throw new RunxError('the monitor ended at once');
  }
  const launched: Launched = {
    identity,
    exitCode: async () => parseNumber(await receive('exit'), 'exit code'),
    release: () => {
      socket.end();
      socket.unref();
    },
  };
  return { socket, receive, launched };
};

/** The options for the terminal of a process. */
export const terminalArguments = (
  terminal: boolean,
  consoleSocket: string | undefined,
): readonly string[] => [
  ...(terminal ? ['--terminal'] : []),
  ...(consoleSocket === undefined ? [] : [`--console-socket=${consoleSocket}`]),
];

/** The option for the network namespace it is to be in. */
export const networkArguments = (network: string | undefined): readonly string[] =>
  network === undefined ? [] : [`--network=${network}`];

/** Starts the process that will stand for the container. */
export const startMonitor = async (options: MonitorOptions): Promise<Monitor> => {
  const { program, served, log } = options;
  const args = [
    'run',
    `--state=${options.stateDirectory}`,
    `--id=${options.id}`,
    `--xl=${options.xlPath}`,
    ...terminalArguments(options.terminal, options.consoleSocket),
    ...networkArguments(options.network),
    ...(options.ownGuest ? ['--own-guest'] : []),
    ...options.disks.map((path) => `--disk=${path}`),
    ...(options.keepOutput ? ['--keep-output'] : []),
    ...(served === undefined
      ? []
      : [`--diod=${served.diod}`, ...served.shares.flatMap(shareArguments)]),
  ];
  const { socket, receive, launched } = await launch(program, args, log);
  return {
    ...launched,
    name: (domain) => socket.write(`name ${domain}\n`),
    attach: async (domid) => {
      socket.write(`domain ${domid}\n`);
      await receive('ready');
    },
    commit: () => socket.write('commit\n'),
  };
};
