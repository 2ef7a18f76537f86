import { type ExecMonitorOptions, type RunxMonitor, startExec } from '../host/runx-monitor.ts';
import { type MonitorProcess, openControl } from './control.ts';

/** The monitor of a process that exec adds, while runx is connected to it. */
export interface ExecMonitor extends MonitorProcess {
  /** Sends the record of the process; resolves when the process runs. */
  readonly start: (record: Buffer) => Promise<void>;
}

/** Starts the monitor of a process that exec adds. */
export const startExecMonitor = async (
  tool: RunxMonitor,
  options: ExecMonitorOptions,
): Promise<ExecMonitor> => {
  const control = await openControl(await startExec(tool, options));
  const { identity, exitCode, release, send, sendBytes, receive } = control;
  return {
    identity,
    exitCode,
    release,
    start: async (record) => {
      send(`process ${record.length}`);
      sendBytes(record);
      await receive('started');
    },
  };
};
