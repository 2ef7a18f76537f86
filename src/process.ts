import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';

import { ToolError } from './errors.ts';
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
