import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';

/** Runs a program to its end, with what it says in a log. */
export type RunLogged = (file: string, args: readonly string[]) => void;

const tailLines = 30;

const readTail = (file: string): string =>
  readFileSync(file, 'utf8').trimEnd().split('\n').slice(-tailLines).join('\n');

/** Begins a log anew.  When a program fails, the error has the log's last lines. */
export const startLog = (log: string): RunLogged => {
  rmSync(log, { force: true });
  return (file, args) => {
    // The file itself, and no pipe to Node.js: a server opens /proc/self/fd/1.
    const descriptor = openSync(log, 'a');
    const { status, error } = spawnSync(file, args, {
      stdio: ['ignore', descriptor, descriptor],
    });
    closeSync(descriptor);
    if (error !== undefined) throw error;
    if (status !== 0) {
      throw new Error(`'${file}' failed; the whole log is ${log}\n${readTail(log)}`);
    }
  };
};
