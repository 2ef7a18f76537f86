import { RunxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { startDetached } from '../process.ts';
import { type ProcessIdentity, parseNumber, readLines, startTimeOf } from './monitor.ts';

export interface ExecMonitorOptions {
  /** The runx-monitor program. */
  readonly program: string;
  readonly stateDirectory: string;
  readonly id: string;
  readonly domain: { readonly name: string; readonly domid: number };
  readonly terminal: boolean;
  readonly consoleSocket: string | undefined;
  readonly log: Log;
}

/** The monitor of a process that is being added to a container, or is waited for. */
export interface ExecMonitor {
  readonly identity: ProcessIdentity;
  /** Sends what is to run; resolves once it does. */
  readonly start: (record: Buffer) => Promise<void>;
  /** The process's exit code. */
  readonly exitCode: () => Promise<number>;
  /** Lets go of it, so that runx can end. */
  readonly release: () => void;
}

/** Starts the process that will stand for the added one; it inherits standard input and output. */
export const startExecMonitor = async (options: ExecMonitorOptions): Promise<ExecMonitor> => {
  const socket = await startDetached(
    options.program,
    [
      'exec',
      `--state=${options.stateDirectory}`,
      `--id=${options.id}`,
      `--domain=${options.domain.name}`,
      `--domid=${options.domain.domid}`,
      ...(options.terminal ? ['--terminal'] : []),
      ...(options.consoleSocket === undefined ? [] : [`--console-socket=${options.consoleSocket}`]),
    ],
    options.log,
  );
  const receive = readLines(socket);
  const pid = parseNumber(await receive('pid'), 'pid');
  const startTime = await startTimeOf(pid);
  if (startTime === undefined) {
    await receive('exit'); // the error it gives is better than the one below
    throw new RunxError('the monitor ended at once');
  }
  return {
    identity: { pid, startTime },
    start: async (record) => {
      socket.write(`process ${record.length}\n`);
      socket.write(record);
      await receive('started');
    },
    exitCode: async () => parseNumber(await receive('exit'), 'exit code'),
    release: () => {
      socket.end();
      socket.unref();
    },
  };
};
