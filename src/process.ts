import {
  type ChildProcessWithoutNullStreams,
  type SpawnOptionsWithoutStdio,
  spawn,
} from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { getSystemErrorMap } from 'node:util';

import { ToolError, messageOf } from './errors.ts';
import type { Log } from './log.ts';

export interface RunOptions {
  readonly log: Log;
  readonly timeoutMs: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Exit codes that are an answer, not a failure; 0 always is. */
  readonly okExitCodes?: readonly number[];
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Where programs are looked for when the caller's environment has no PATH. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const environment = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  // podman calls its runtime with an empty environment.
  PATH: process.env['PATH'] || defaultPath,
  LC_ALL: 'C',
  ...extra,
});

/** The absolute path of a program named as on a command line; undefined if there is none. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  const directories = name.includes('/') ? [''] : (process.env['PATH'] || defaultPath).split(':');
  for (const directory of directories) {
    const path = join(directory, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
};

/** Runs a program to its end and returns what it said; throws ToolError when it fails. */
export const run = async (
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> => {
  const { execa } = await import('execa');
  const started = performance.now();
  const result = await execa(file, args, {
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: environment(options.env),
    extendEnv: false,
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
    reject: false,
    stripFinalNewline: false,
  });
  const { stdout, stderr, exitCode } = result;
  const took = Math.round(performance.now() - started);
  options.log.debug(`${[file, ...args].join(' ')} -> ${exitCode ?? result.signal} in ${took} ms`);
  if (exitCode !== undefined && (exitCode === 0 || options.okExitCodes?.includes(exitCode))) {
    return { stdout, stderr, exitCode };
  }
  throw new ToolError(file, args, { exitCode, stderr, reason: failure(result, options.timeoutMs) });
};

const failure = (
  result: { timedOut?: boolean; signal?: string | undefined; code?: string | undefined },
  timeoutMs: number,
): string | undefined => {
  if (result.timedOut) return `did not end within ${timeoutMs / 1000} s`;
  if (result.code === 'ENOENT') return 'was not found';
  if (result.code !== undefined) return `could not be run (${result.code})`;
  if (result.signal !== undefined) return `was ended by ${result.signal}`;
  return undefined;
};

export interface LineOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly take: (line: string) => void;
}

/** Runs a program whose descriptor 3 is one of runx's own; throws ToolError when it fails. */
export const runWithDescriptor = async (
  file: string,
  args: readonly string[],
  descriptor: number,
  { log, timeoutMs }: Pick<RunOptions, 'log' | 'timeoutMs'>,
): Promise<void> => {
  const started = performance.now();
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    env: environment(),
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const stderr = child.stderr === null ? () => '' : collect(child.stderr);
  const [exitCode, signal] = await new Promise<[number | undefined, string | undefined]>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, by) => resolve([code ?? undefined, by ?? undefined]));
    },
  );
  const took = Math.round(performance.now() - started);
  log.debug(`${[file, ...args].join(' ')} -> ${exitCode ?? signal} in ${took} ms`);
  if (exitCode === 0) return;
  const reason = failure({ timedOut: signal === 'SIGKILL', signal }, timeoutMs);
  throw new ToolError(file, args, { exitCode, stderr: stderr(), reason });
};

/**
 * Runs a program until it ends, or until `signal` ends it, which is no failure, and gives
 * what it prints line by line; throws ToolError when it fails.
 */
export const runLines = async (
  file: string,
  args: readonly string[],
  { log, signal, take }: LineOptions,
): Promise<void> => {
  log.debug([file, ...args].join(' '));
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  const stderr = collect(child.stderr);
  createInterface({ input: child.stdout }).on('line', take);
  const end = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const [exitCode, reason] = await new Promise<[number | undefined, string | undefined]>(
    (resolve) => {
      child.once('error', ({ code }: NodeJS.ErrnoException) =>
        resolve([undefined, failure({ code }, 0)]),
      );
      child.once('close', (code, by) =>
        resolve([code ?? undefined, failure({ signal: by ?? undefined }, 0)]),
      );
    },
  );
  signal.removeEventListener('abort', end);
  if (signal.aborted || exitCode === 0) return;
  throw new ToolError(file, args, { exitCode, stderr: stderr(), reason });
};

/**
 * Starts a program that inherits standard input, output and error and outlives
 * runx; its descriptor 3 is the other end of the returned socket.
 */
export const startDetached = (file: string, args: readonly string[], log: Log): Promise<Socket> => {
  log.debug([file, ...args].join(' '));
  const child = spawn(file, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: environment(),
    detached: true,
  });
  child.unref();
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const reason = failure({ code: error.code }, 0);
      reject(new ToolError(file, [], { exitCode: undefined, stderr: '', reason }));
    });
    child.once('spawn', () => {
      const socket = child.stdio[3];
      if (socket instanceof Socket) resolve(socket);
      else reject(new TypeError('descriptor 3 is not a socket'));
    });
  });
};

export interface GroupOptions {
  readonly log: Log;
  readonly argv0: string;
  /** All of it: nothing is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly input: string;
  readonly timeoutMs: number | undefined;
}

/** How a program ended: one of the last four is set. */
export interface GroupResult {
  /** The beginnings of what it said. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly timedOut?: boolean;
  /** Why it could not be executed, in the system's words. */
  readonly refusal?: string;
}

const outputLimit = 4096;
const outputEndsMs = 1000;

/** Keeps the beginning of a stream and drops the rest. */
const collect = (stream: Readable): (() => string) => {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    if (kept.length < outputLimit) kept = Buffer.concat([kept, chunk]).subarray(0, outputLimit);
  });
  stream.on('error', () => {});
  return () => kept.toString();
};

/**
 * Runs a program in a session and process group of its own, which is killed as a
 * whole when it takes too long.  A program that does not read its input is no
 * error, and one that leaves another behind, with its output open, is not waited for.
 */
export const runInGroup = async (
  file: string,
  args: readonly string[],
  options: GroupOptions,
): Promise<GroupResult> => {
  const { argv0, env, cwd, input, timeoutMs, log } = options;
  const started = performance.now();
  const child = spawnOrRefuse(file, args, { argv0, env, cwd, detached: true, stdio: 'pipe' });
  if ('refusal' in child) return { stdout: '', stderr: '', ...child };
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let timedOut = false;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          killGroup(child.pid);
        }, timeoutMs);
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const end = await new Promise<Omit<GroupResult, 'stdout' | 'stderr'>>((resolve) => {
    child.once('error', (error) => resolve({ refusal: describeSystemError(error) }));
    child.once('exit', (exitCode, signal) => {
      if (timedOut) resolve({ timedOut });
      else resolve(exitCode === null ? { signal: signal ?? '' } : { exitCode });
    });
  });
  clearTimeout(timer);
  if (end.refusal === undefined) await Promise.race([closed, pause(outputEndsMs)]);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  const took = Math.round(performance.now() - started);
  log.debug(`${[file, ...args].join(' ')} -> ${JSON.stringify(end)} in ${took} ms`);
  return { ...end, stdout: stdout(), stderr: stderr() };
};

// Of the reasons for which a program cannot be executed, node throws some and emits others.
const spawnOrRefuse = (
  file: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio,
): ChildProcessWithoutNullStreams | { readonly refusal: string } => {
  try {
    return spawn(file, args, options);
  } catch (error) {
    return { refusal: describeSystemError(error) };
  }
};

/** A system error as strerror(3) puts it, in lower case. */
const describeSystemError = (error: unknown): string => {
  const number = error instanceof Error && 'errno' in error ? error.errno : undefined;
  const entry = typeof number === 'number' ? getSystemErrorMap().get(number) : undefined;
  return entry?.[1] ?? messageOf(error);
};

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

const killGroup = (leader: number | undefined): void => {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // All of it has ended meanwhile.
  }
};
