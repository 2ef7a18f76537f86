import { type ContainerMonitorOptions, type RunxMonitor, startRun } from '../host/runx-monitor.ts';
import { type MonitorProcess, openControl } from './control.ts';

/** The monitor of a container that is being created or run in the foreground. */
export interface ContainerMonitor extends MonitorProcess {
  /** Says which domain is to be destroyed if runx dies before `commit`. */
  readonly nameDomain: (name: string) => void;
  /** Has the monitor offer the devices that it serves to the domain, which is paused. */
  readonly offerDevices: (domid: number) => Promise<void>;
  /** From here on the container outlives runx. */
  readonly commit: () => void;
}

/** Starts the process that stands for the container on the host. */
export const startContainerMonitor = async (
  tool: RunxMonitor,
  options: ContainerMonitorOptions,
): Promise<ContainerMonitor> => {
  const { send, receive, identity, exitCode, release } = await openControl(
    await startRun(tool, options),
  );
  return {
    identity,
    exitCode,
    release,
    nameDomain: (name) => send(`name ${name}`),
    offerDevices: async (domid) => {
      send(`domain ${domid}`);
      await receive('ready');
    },
    commit: () => send('commit'),
  };
};
