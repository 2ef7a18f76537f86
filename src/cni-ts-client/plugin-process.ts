import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { errorCodeOf } from './system-error.ts';

export interface ProcessOptions {
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** The time after which the process and its descendants are killed. */
  readonly timeoutMs: number;
  /** The size of standard output above which the process and its descendants are killed. */
  readonly maximumOutputBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** Why a process was killed. */
type Killed = 'timeout' | 'aborted' | 'output';

export interface ProcessOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly killed: Killed | undefined;
}

const maximumStderrBytes = 64 * 1024;

/** Keeps the end of a stream. */
const tailOf = (maximum: number) => {
  let tail = Buffer.alloc(0);
  return {
    add: (chunk: Buffer): void => {
      tail = Buffer.concat([tail, chunk]);
      if (tail.length > maximum) tail = tail.subarray(tail.length - maximum);
    },
    text: (): string => tail.toString('utf8'),
  };
};

// The plugin is the leader of a process group, to which its delegated plugins belong.
const killGroup = (child: ChildProcessWithoutNullStreams): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (errorCodeOf(error) !== 'ESRCH') throw error;
  }
};

const runOnce = (file: string, options: ProcessOptions): Promise<ProcessOutcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, [], { env: { ...options.env }, detached: true, stdio: 'pipe' });
    const chunks: Buffer[] = [];
    const stderr = tailOf(maximumStderrBytes);
    let size = 0;
    let killed: Killed | undefined;

    const kill = (why: Killed): void => {
      killed ??= why;
      killGroup(child);
      // A descendant that left the group could keep the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => kill('timeout'), options.timeoutMs);
    const abort = (): void => kill('aborted');
    options.signal?.addEventListener('abort', abort, { once: true });
    if (options.signal?.aborted) abort();
    const finish = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    };

    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > options.maximumOutputBytes) kill('output');
      else chunks.push(chunk);
    });
    child.stderr.on('data', stderr.add);
    // A plugin may exit without reading its configuration, which gives EPIPE.
    child.stdin.on('error', () => {});
    child.once('error', (error) => {
      finish();
      reject(error);
    });
    child.once('close', (exitCode, signal) => {
      finish();
      resolve({
        stdout: Buffer.concat(chunks).toString('utf8'),
        stderr: stderr.text(),
        exitCode: exitCode ?? undefined,
        signal: signal ?? undefined,
        killed,
      });
    });
    child.stdin.end(options.stdin);
  });

const busyTries = 5;
const busyPauseMs = 200;

/**
 * Runs a program and waits for it.  Rejects with the system error if the program cannot be started;
 * tries again after ETXTBSY, which means that the file is being written.
 */
export const runProcess = async (
  file: string,
  options: ProcessOptions,
): Promise<ProcessOutcome> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await runOnce(file, options);
    } catch (error) {
      if (errorCodeOf(error) !== 'ETXTBSY' || tries === busyTries) throw error;
      await sleep(busyPauseMs);
    }
  }
};
