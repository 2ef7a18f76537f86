import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cliProgram } from './built-cli.ts';

export interface CliResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Where its standard output and error are kept while it runs. */
  readonly directory: string;
  readonly cwd?: string;
  /** The whole environment; none unless given. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file, such as a device, to be its standard output. */
  readonly stdout?: string;
}

export interface RunningCli {
  readonly process: ChildProcess;
  readonly result: Promise<CliResult>;
}

const deadlineMs = 30_000;

let count = 0;

/**
 * Starts the built CLI.  Its output goes to files, as with some engines: a container
 * that lives on holds it open.
 */
export const startCli = (args: readonly string[], options: CliOptions): RunningCli => {
  count += 1;
  const stdoutFile = options.stdout ?? join(options.directory, `stdout-${count}`);
  const stderrFile = join(options.directory, `stderr-${count}`);
  const outputs = [openSync(stdoutFile, 'w'), openSync(stderrFile, 'w')];
  const child = spawn(process.execPath, [cliProgram, ...args], {
    cwd: options.cwd ?? options.directory,
    env: options.env ?? {},
    stdio: ['ignore', ...outputs],
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  for (const output of outputs) closeSync(output);
  const result = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => {
      const stdout = options.stdout === undefined ? readFileSync(stdoutFile, 'utf8') : '';
      resolve({ exitCode, signal, stdout, stderr: readFileSync(stderrFile, 'utf8') });
    });
  });
  return { process: child, result };
};
