import type { Outcome } from './dom0.ts';
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

const containerdRun = `${run}/containerd`;
export const containerdAddress = `${containerdRun}/socket`;

const namedHierarchy = '/run/runx-engines-cgroup';

/** containerd with both of its runtimes, from one of the examples. */
export const containerdWith = (example: string): Daemon => ({
  name: 'containerd',
  // The testbed has no udev, which would make nodes for what the devmapper snapshotter has.
  command: `env DM_DISABLE_UDEV=1 containerd --config ${containerdRun}/config.toml --root ${data}/containerd/root --state ${containerdRun}/state --address ${containerdAddress}`,
  ready: `ctr --address ${containerdAddress} version`,
  example: `containerd/${example}`,
  configuration: `${containerdRun}/config.toml`,
  // As examples/containerd/README.md says, for runtime v1.
  prepare: `if ! grep -q ' cgroup ' /proc/self/mounts; then
    mkdir -p ${namedHierarchy}
    mount -t cgroup -o none,name=containerd cgroup ${namedHierarchy}
  fi`,
});

/** For a script in the Dom0: ctr with the daemon of the tests, and no word of runtime v1's age. */
export const ctrInDom0 = `export CONTAINERD_ADDRESS=${containerdAddress} CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1`;

/** Runs ctr with the daemon of the tests. */
export const ctr = (args: readonly string[], input: string | Uint8Array = ''): Promise<Outcome> =>
  inDom0(`${ctrInDom0}; ctr "$@"`, args, input);

/** Starts containerd from an example and `more` of configuration, and imports an image. */
export const startContainerd = async (example: string, more = ''): Promise<void> => {
  if (!(await isInDom0('containerd'))) return;
  await startDaemon(containerdWith(example), more);
  const archive = await imageArchive('busybox');
  for (const namespace of ['default', 'k8s.io']) {
    orThrow(await ctr(['--namespace', namespace, 'images', 'import', archive]), 'importing');
  }
};

/** Ends containerd, while its containers go on, and starts it again. */
export const restartContainerd = (example: string): Promise<void> =>
  restartDaemon(containerdWith(example));

export const stopContainerd = async (): Promise<void> => {
  await stopEngine('containerd');
  await inDom0(
    `mountpoint -q "$1" || exit 0
     find "$1" -mindepth 1 -depth -type d -exec rmdir {} + ; umount "$1"; rmdir "$1"`,
    [namedHierarchy],
  );
};

/** What a test must not leave in containerd, and of its containers on the host. */
export const containerdLeftovers = async (): Promise<string> => {
  const { stdout } = await inDom0(`
    deadline=$((SECONDS + 60))
    look() {
      for namespace in default k8s.io; do
        ctr --address ${containerdAddress} --namespace $namespace containers ls -q
        ls -A /run/containerd/runc/$namespace
        ls -d /sys/fs/cgroup/$namespace/*/
      done
      awk '$5 ~ "^${containerdRun}/state/" { print $5 }' /proc/self/mountinfo
      ps -eo args= | grep '^[^ ]*containerd-shim'
    }
    while left=$(look 2> /dev/null); [ -n "$left" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    [ -z "$left" ] || echo "$left"`);
  return stdout.toString();
};
