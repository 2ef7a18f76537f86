import {
  type Launched,
  type Monitor,
  type MonitorOptions,
  launch,
  networkArguments,
} from './container-monitor.ts';

/** Starts the process that holds the namespaces of a pod. */
export const startHolder = async (
  options: Pick<MonitorOptions, 'program' | 'stateDirectory' | 'id' | 'network' | 'log'> & {
    /** Of its UTS namespace; the host's when undefined. */
    readonly hostname: string | undefined;
  },
): Promise<Pick<Monitor, 'commit' | keyof Launched>> => {
  const { program, stateDirectory, id, network, hostname, log } = options;
  const args = [
    'hold',
    `--state=${stateDirectory}`,
    `--id=${id}`,
    ...networkArguments(network),
    ...(hostname === undefined ? [] : [`--hostname=${hostname}`]),
  ];
  const { socket, launched } = await launch(program, args, log);
  return { ...launched, commit: () => socket.write('commit\n') };
};
