import { containerdAddress, containerdWith, stopContainerd } from './containerd.ts';
import { inDom0 } from './dom0.ts';
import {
  type Daemon,
  data,
  imageArchive,
  isInDom0,
  orThrow,
  restartDaemon,
  run,
  startDaemon,
  stopEngine,
} from './engines.ts';

const dockerRun = `${run}/docker`;

const dockerd: Daemon = {
  name: 'docker',
  command: `dockerd --live-restore --containerd ${containerdAddress} --config-file ${dockerRun}/daemon.json --data-root ${data}/docker/root --exec-root ${dockerRun}/exec --pidfile ${dockerRun}/dockerd.pid --host unix://${dockerRun}/socket`,
  ready: `docker --host unix://${dockerRun}/socket version`,
  example: 'docker/daemon.json',
  configuration: `${dockerRun}/daemon.json`,
};

/** docker, as a command line. */
export const dockerWords = ['docker', '--host', `unix://${dockerRun}/socket`];

/** Starts docker on a containerd, as Debian does, and loads an image. */
export const startDocker = async (): Promise<void> => {
  if (!(await isInDom0('docker'))) return;
  await startDaemon(containerdWith('config-v2.toml'));
  await startDaemon(dockerd);
  const load = [...dockerWords, 'load', '--input', await imageArchive('busybox')];
  orThrow(await inDom0('"$@"', load), 'loading');
};

/** Ends the daemon, while its containers go on, and starts it again. */
export const restartDocker = (): Promise<void> => restartDaemon(dockerd);

/**
 * Ends docker, and takes back what it leaves in a Dom0 that other files go on in: a bridge,
 * and a firewall that forwards nothing but docker's own.
 */
export const stopDocker = async (): Promise<void> => {
  await stopEngine(dockerd.name);
  await stopContainerd();
  if (!(await isInDom0('docker'))) return;
  const script = `set -e
    ip link delete docker0
    for tables in iptables ip6tables; do
      $tables -P FORWARD ACCEPT
      for table in filter nat; do $tables -t $table -F; $tables -t $table -X; done
    done
    modprobe -r br_netfilter`;
  orThrow(await inDom0(script), "taking back docker's network");
};
