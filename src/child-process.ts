import { closeSync, readFileSync, readdirSync } from 'node:fs';
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { getSystemErrorMap } from 'node:util';

import { messageOf } from './errors.ts';
import type { Log } from './log.ts';

const closeOnExec = 0o2000000;
let inheritedAreClosed = false;

/**
 * Closes the descriptors of the caller that a program would inherit.  Node.js sets close-on-exec on
 * descriptors at its start, but stops at the first gap above 15.  Its own have the flag.
 */
export const closeInherited = (): void => {
  if (inheritedAreClosed) return;
  inheritedAreClosed = true;
  for (const name of readdirSync('/proc/self/fd')) {
    // What the command line names, such as a log in /dev/fd/63, is still needed.
    if (Number(name) <= 2 || process.argv.some((word) => word.includes(`/fd/${name}`))) continue;
    try {
      const info = readFileSync(`/proc/self/fdinfo/${name}`, 'utf8');
      const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8);
      if ((flags & closeOnExec) === 0) closeSync(Number(name));
    } catch {
      continue; // that of the directory, which is closed again
    }
  }
};

/**
 * Starts a program; rejects with the system's error where it cannot be executed.
 *
 * By node's own spawn, because every call of an engine is a new process: to load execa and
 * run a first program with it costs 19 ms of CPU time more than this, as much as the start
 * of node itself. "What a start costs" in src/README.md has the figures.
 */
export const startProgram = (
  file: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    closeInherited();
    const child = spawn(file, args, options);
    child.on('error', reject);
    child.once('spawn', () => resolve(child));
  });

export interface ProgramOptions {
  readonly log: Log;
  /** The program is killed then, and with `detached` its whole process group; undefined is never. */
  readonly timeoutMs: number | undefined;
  readonly input: string | undefined;
  /** So much of each output is kept, and the rest is dropped. */
  readonly outputLimit: number;
  /** How long output is waited for that another process holds open; unless given, up to the timeout. */
  readonly outputEndsMs?: number;
  readonly spawn: SpawnOptions;
}

/** How a program ended, and what it said. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** Whether something of it was dropped. */
  readonly isCut: boolean;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly timedOut?: boolean;
  /** The system's error, for a program that could not be executed. */
  readonly error?: unknown;
}

/** Runs a program and waits until it has ended and closed its output; never rejects. */
export const runProgram = async (
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<Outcome> => {
  const startedMs = process.uptime() * 1000;
  const outcome = await startProgram(file, args, options.spawn).then(
    (child) => waitForEnd(child, options),
    (error: unknown) => ({ stdout: '', stderr: '', isCut: false, error }),
  );
  const took = Math.round(process.uptime() * 1000 - startedMs);
  options.log.debug(`${[file, ...args].join(' ')} -> ${describeEnd(outcome)} in ${took} ms`);
  return outcome;
};

const describeEnd = ({ exitCode, signal, timedOut }: Outcome): string | number =>
  timedOut ? 'timeout' : (exitCode ?? signal ?? 'not executed');

const waitForEnd = async (child: ChildProcess, options: ProgramOptions): Promise<Outcome> => {
  const { input, outputLimit, outputEndsMs } = options;
  const stdout = collect(child.stdout, outputLimit);
  const stderr = collect(child.stderr, outputLimit);
  // Not every program reads its input.
  child.stdin?.on('error', () => {}).end(input);
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const end = await endOf(child, options);
  if (outputEndsMs !== undefined) await Promise.race([closed, pause(outputEndsMs)]);
  dropStreams(child);
  const isCut = stdout.isCut() || stderr.isCut();
  return { ...end, stdout: stdout.text(), stderr: stderr.text(), isCut };
};

type End = Pick<Outcome, 'exitCode' | 'signal' | 'timedOut'>;

// Of one that hangs in the kernel the end is not waited for.
const killedMs = 1000;

const endOf = (
  child: ChildProcess,
  { timeoutMs, outputEndsMs, spawn: { detached } }: ProgramOptions,
): Promise<End> =>
  new Promise((resolve) => {
    let timedOut = false;
    const stop = (): void => {
      timedOut = true;
      killProgram(child, detached);
      // Who else has them open cannot keep runx waiting.
      dropStreams(child);
      setTimeout(() => {
        child.unref();
        resolve({ timedOut });
      }, killedMs).unref();
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
    child.once(outputEndsMs === undefined ? 'close' : 'exit', (exitCode, signal) => {
      clearTimeout(timer);
      if (timedOut) resolve({ timedOut });
      else resolve(exitCode === null ? { signal: signal ?? '' } : { exitCode });
    });
  });

/** Kills a program, with the whole process group that it leads. */
export const killProgram = ({ pid }: ChildProcess, leadsGroup = false): void => {
  if (pid === undefined) return;
  try {
    process.kill(leadsGroup ? -pid : pid, 'SIGKILL');
  } catch {
    // All of it has ended meanwhile.
  }
};

/** The socket whose other end is the program's descriptor 3. */
export const socketOf = ({ stdio }: ChildProcess): Socket => {
  const socket = stdio[3];
  if (socket instanceof Socket) return socket;
  throw new TypeError('descriptor 3 is not a socket');
};

const dropStreams = ({ stdin, stdout, stderr }: ChildProcess): void => {
  for (const stream of [stdin, stdout, stderr]) stream?.destroy();
};

/** Keeps the beginning of a stream and drops the rest. */
const collect = (stream: Readable | null, limit: number) => {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
  });
  stream?.on('error', () => {});
  return { text: () => Buffer.concat(chunks).toString(), isCut: () => size > limit };
};

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** A system error as strerror(3) puts it, in lower case. */
export const describeSystemError = (error: unknown): string => {
  const number = error instanceof Error && 'errno' in error ? error.errno : undefined;
  const entry = typeof number === 'number' ? getSystemErrorMap().get(number) : undefined;
  return entry?.[1] ?? messageOf(error);
};
