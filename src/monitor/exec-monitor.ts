import type { Log } from '../log.ts';
import { type Launched, launch, terminalArguments } from './container-monitor.ts';

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
export interface ExecMonitor extends Launched {
  /** Sends what is to run; resolves once it does. */
  readonly start: (record: Buffer) => Promise<void>;
}

/** Starts the process that will stand for the added one. */
export const startExecMonitor = async (options: ExecMonitorOptions): Promise<ExecMonitor> => {
  const args = [
    'exec',
    `--state=${options.stateDirectory}`,
    `--id=${options.id}`,
    '--slot=1',
    `--domain=${options.domain.name}`,
    `--domid=${options.domain.domid}`,
    ...terminalArguments(options.terminal, options.consoleSocket),
  ];
  const { socket, receive, launched } = await launch(options.program, args, options.log);
  return {
    ...launched,
    start: async (record) => {
      socket.write(`process ${record.length}\n`);
      socket.write(record);
      await receive('started');
    },
  };
};
