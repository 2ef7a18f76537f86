import { type ContainerMonitorOptions, type RunxMonitor, startRun } from '../host/runx-monitor.ts';
import { type MonitorProcess, openControl, parseNumber } from './control.ts';

/** The monitor of a container, while runx is connected to it. */
export interface ContainerMonitor extends MonitorProcess {
  /** Names the domain that the monitor destroys if runx dies before `commit`. */
  readonly nameDomain: (name: string) => void;
  /** Lets the monitor find the domain and offer it devices (consoles, shares); returns its domid. */
  readonly offerDevices: () => Promise<number>;
  /** Has the guest apply the lines of the network, which are in xenstore. */
  readonly applyNetwork: () => void;
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
    offerDevices: async () => {
      send('domain');
      return parseNumber(await receive('ready', devicesOfferedMs), 'domid');
    },
    applyNetwork: () => send('network'),
    commit: () => send('commit'),
  };
};
