import { accessSync, constants } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import type { Outcome } from './child-process.ts';
import { ToolError, hasCode, messageOf } from './errors.ts';
import type { Log } from './log.ts';

/** Where programs are looked for when the caller's environment has no PATH. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Finds the program that a shell would run by this name; undefined where no directory of PATH has it. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  const directories = name.includes('/') ? [''] : (process.env['PATH'] || defaultPath).split(':');
  for (const directory of directories) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
};

export interface RunOptions {
  readonly log: Log;
  /** The program is killed when it has not ended, and closed its output, by then. */
  readonly timeoutMs: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** One of runx's own descriptors, to be the program's descriptor 3. */
  readonly descriptor?: number;
  /** Exit codes that are an answer, not a failure; 0 always is. */
  readonly okExitCodes?: readonly number[];
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

// Most calls of an engine run no program.
const loadChildProcess = () => import('./child-process.ts');

const outputLimit = 64 * 2 ** 20;

/** Runs a program to its end and returns what it said; throws ToolError when it fails. */
export const run = async (
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> => {
  const { log, timeoutMs, input, cwd, descriptor, okExitCodes = [] } = options;
  const { runProgram } = await loadChildProcess();
  const outcome = await runProgram(file, args, {
    log,
    timeoutMs,
    input,
    outputLimit,
    spawn: {
      stdio: [
        input === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        ...(descriptor === undefined ? [] : [descriptor]),
      ],
      env: environment(options.env),
      ...(cwd === undefined ? {} : { cwd }),
    },
  });
  const { stdout, stderr, exitCode, isCut } = outcome;
  if (!isCut && exitCode !== undefined && [0, ...okExitCodes].includes(exitCode)) {
    return { stdout, stderr, exitCode };
  }
  const reason = isCut ? `printed more than ${outputLimit / 2 ** 20} MiB` : undefined;
  throw toolError(file, args, { ...outcome, timeoutMs, reason });
};

export interface GroupOptions {
  readonly log: Log;
  readonly argv0: string;
  /** The whole environment: runx adds nothing. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly input: string;
  readonly timeoutMs: number | typeof hookWithoutTimeout;
}

/** Stands for the deadline of a hook that config.json gives none; no other program runs without. */
export const hookWithoutTimeout = 'hook without timeout' as const;

/** What a program in a group said, and one of four ways in which it ended. */
export interface GroupResult {
  /** The first 4096 bytes, as of standard error. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly timedOut?: boolean;
  /** Why it could not be executed, in the system's words. */
  readonly refusal?: string;
}

const groupOutputLimit = 4096;
const groupOutputEndsMs = 1000;

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
  const { log, argv0, env, cwd, input, timeoutMs } = options;
  const { describeSystemError, runProgram } = await loadChildProcess();
  const { stdout, stderr, ...end } = await runProgram(file, args, {
    log,
    timeoutMs: timeoutMs === hookWithoutTimeout ? undefined : timeoutMs,
    input,
    outputLimit: groupOutputLimit,
    outputEndsMs: groupOutputEndsMs,
    spawn: { argv0, env, cwd, detached: true, stdio: 'pipe' },
  });
  const { exitCode, signal, timedOut, error } = end;
  if (error !== undefined) return { stdout, stderr, refusal: describeSystemError(error) };
  if (timedOut) return { stdout, stderr, timedOut };
  return { stdout, stderr, ...(exitCode === undefined ? { signal: signal ?? '' } : { exitCode }) };
};

export interface LineOptions {
  readonly log: Log;
  /** Ends the program, which is no failure. */
  readonly signal: AbortSignal;
  /** The program is killed when it has printed no line for so long. */
  readonly timeoutMs: number;
  readonly take: (line: string) => void;
}

/** Runs a program and gives what it prints line by line; throws ToolError when it fails. */
export const runLines = async (
  file: string,
  args: readonly string[],
  { log, signal, timeoutMs, take }: LineOptions,
): Promise<void> => {
  log.debug(describeCommand(file, args));
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), timeoutMs);
  const { execa } = await import('execa');
  const { closeInherited } = await loadChildProcess();
  closeInherited();
  const {
    exitCode,
    signal: endedBy,
    stderr,
    cause,
  } = await execa(file, args, {
    stdin: 'ignore',
    stdout: function* give(line: unknown) {
      timer.refresh();
      take(String(line));
      yield* [];
    },
    env: environment(),
    extendEnv: false,
    cancelSignal: AbortSignal.any([signal, silence.signal]),
    killSignal: 'SIGKILL',
    reject: false,
  });
  clearTimeout(timer);
  if (signal.aborted || exitCode === 0) return;
  const reason = silence.signal.aborted ? `printed nothing for ${timeoutMs / 1000} s` : undefined;
  throw toolError(file, args, { exitCode, signal: endedBy, stderr, error: cause, reason });
};

export interface DetachedOptions {
  readonly log: Log;
  /**
   * When nothing of the program's has been read from the socket by then, the program is
   * killed, and a ToolError is the socket's error.
   */
  readonly timeoutMs: number;
}

/**
 * Starts a program that inherits standard input, output and error and outlives
 * runx; its descriptor 3 is the other end of the returned socket.
 */
export const startDetached = async (
  file: string,
  args: readonly string[],
  { log, timeoutMs }: DetachedOptions,
): Promise<Socket> => {
  log.debug(describeCommand(file, args));
  const { killProgram, socketOf, startProgram } = await loadChildProcess();
  const child = await startProgram(file, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: environment(),
    detached: true,
  }).catch((error: unknown) => {
    throw toolError(file, [], { error });
  });
  child.unref();
  const socket = socketOf(child);
  const timer = setTimeout(() => {
    if (socket.bytesRead > 0) return;
    killProgram(child, true);
    const reason = `did not answer within ${timeoutMs / 1000} s`;
    socket.destroy(toolError(file, args, { reason }));
  }, timeoutMs).unref();
  socket.once('close', () => clearTimeout(timer));
  return socket;
};

const environment = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  // podman calls its runtime with an empty environment.
  PATH: process.env['PATH'] || defaultPath,
  LC_ALL: 'C',
  ...extra,
});

const describeCommand = (file: string, args: readonly string[]): string =>
  [file, ...args].join(' ');

interface Failure extends Partial<Omit<Outcome, 'exitCode' | 'signal'>> {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly timeoutMs?: number;
  /** Said instead of what the rest means. */
  readonly reason?: string | undefined;
}

const toolError = (file: string, args: readonly string[], failure: Failure): ToolError => {
  const { exitCode, timedOut, stderr = '' } = failure;
  return new ToolError(file, args, { exitCode, timedOut, stderr, reason: reasonOf(failure) });
};

/** Why it failed, if not by its exit code. */
const reasonOf = ({ reason, timedOut, timeoutMs = 0, error, signal }: Failure) => {
  if (reason !== undefined) return reason;
  if (timedOut) return `did not end within ${timeoutMs / 1000} s`;
  if (hasCode(error, 'ENOENT')) return 'was not found';
  if (error !== undefined) return `could not be run (${codeOf(error)})`;
  return signal === undefined ? undefined : `was ended by ${signal}`;
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
