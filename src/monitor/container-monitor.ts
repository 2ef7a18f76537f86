import { type ContainerMonitorOptions, type RunxMonitor, startRun } from '../host/runx-monitor.ts';
import { type MonitorProcess, openControl } from './control.ts';

/** The monitor of a container, while runx is connected to it. */
export interface ContainerMonitor extends MonitorProcess {
  /** Names the domain that the monitor destroys if runx dies before `commit`. */
  readonly nameDomain: (name: string) => void;
  /** Lets the monitor offer its devices (consoles, shares) to the paused domain. */
  readonly offerDevices: (domid: number) => Promise<void>;
  /** Lets the container outlive runx. */
  readonly commit: () => void;
}

// The monitor writes a few nodes, and starts the 9P server.
const devicesOfferedMs = 60_000;

/** Starts the monitor of a container. */
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
      await receive('ready', devicesOfferedMs);
    },
    commit: () => send('commit'),
  };
};
