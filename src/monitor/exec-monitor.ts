import { type ExecMonitorOptions, type RunxMonitor, startExec } from '../host/runx-monitor.ts';
import { type MonitorProcess, openControl } from './control.ts';

/** The monitor of a process that is being added to a container, or is waited for. */
export interface ExecMonitor extends MonitorProcess {
  /** Sends what is to run; resolves once it does. */
  readonly start: (record: Buffer) => Promise<void>;
}

/** Starts the process that stands on the host for one that exec adds. */
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
