import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import type { Outcome } from './dom0.ts';
import { inDom0 } from './dom0.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));

/** In the Dom0: sockets, logs, pids; what a daemon keeps; the archives of images. */
const run = '/run/runx-engines';
const data = '/var/lib/runx-engines';
const archives = '/var/tmp/runx-images';

/** The image of scripts/images that the suites run. */
export const image = 'runx.test/busybox:latest';

/** A daemon of a container engine, in the Dom0. */
interface Daemon {
  readonly name: string;
  /** Its command line, once its configuration is in place. */
  readonly command: string;
  /** Succeeds when it answers. */
  readonly ready: string;
  /** The file of examples/ that it reads, and where `command` expects it. */
  readonly example: string;
  readonly configuration: string;
  /** What of the host it wants, as a script. */
  readonly prepare?: string;
}

const orThrow = (outcome: Outcome, what: string): Outcome => {
  if (outcome.exitCode !== 0) {
    throw new Error(
      `${what}: exit code ${outcome.exitCode}\n${outcome.stdout.toString()}${outcome.stderr}`,
    );
  }
  return outcome;
};

/** Copies what scripts/images makes into the Dom0, unless it is there, and says where it is. */
const imageArchive = async (name: string): Promise<string> => {
  const { stdout } = await execa(`${top}/scripts/images`, [name]);
  const path = `${archives}/${basename(stdout)}`;
  const there = await inDom0('mkdir -p "$2"; [ -e "$1" ]', [path, archives]);
  if (there.exitCode !== 0) {
    const copied = await inDom0(
      'cat > "$1.new" && mv "$1.new" "$1"',
      [path],
      await readFile(stdout),
    );
    orThrow(copied, `copying the image ${name}`);
  }
  return path;
};

/**
 * Ends an engine's containers, its daemon and what that has started, by their pids: their
 * command lines name its directories.  Unmounts and removes these.
 */
const stopEngine = async (name: string): Promise<void> => {
  const stopped = await inDom0(
    `run=$1 data=$2
     for root in /run/runx/ /run/containerd/runc/*/ "$run"/exec/runtime-runc/*/; do
       [ -d "$root" ] || continue
       for id in $(runx --root "$root" list | awk -v run="$run/" -v data="$data/" \\
         'index($4, run) == 1 || index($4, data) == 1 { print $1 }'); do
         runx --root "$root" delete --force "$id"
       done
     done
     deadline=$((SECONDS + 60))
     if pid=$(cat "$run/pid" 2> /dev/null); then
       kill "$pid" 2> /dev/null
       while kill -0 "$pid" 2> /dev/null; do
         [ $SECONDS -lt $deadline ] || kill -KILL "$pid"
         sleep 0.2
       done
     fi
     for cmdline in /proc/[0-9]*/cmdline; do
       pid=\${cmdline//[^0-9]/}
       [ "$pid" != $$ ] && tr '\\0' ' ' 2> /dev/null < "$cmdline" | grep -qE "($run|$data)/" &&
         kill -KILL "$pid" 2> /dev/null
     done
     for mount in $(awk -v run="$run/" -v data="$data/" \\
       'index($5, run) == 1 || index($5, data) == 1 { print $5 }' /proc/self/mountinfo | sort -r); do
       umount -l "$mount"
     done
     rm -rf "$run" "$data"`,
    [`${run}/${name}`, `${data}/${name}`],
  );
  orThrow(stopped, `stopping ${name}`);
};

/** Starts a daemon from nothing, and waits until it answers. */
const startDaemon = async (daemon: Daemon): Promise<void> => {
  await stopEngine(daemon.name);
  const example = await readFile(`${top}/examples/${daemon.example}`);
  const started = await inDom0(
    `mkdir -p "$1" "$2" "\${3%/*}" && cat > "$3" || exit 1
     ${daemon.prepare ?? ''}
     setsid ${daemon.command} > "$1/log" 2>&1 < /dev/null &
     echo $! > "$1/pid"
     deadline=$((SECONDS + 180))
     until ${daemon.ready} > /dev/null 2>&1; do
       kill -0 $! 2> /dev/null || { echo "it ended"; tail -n 40 "$1/log"; exit 1; }
       [ $SECONDS -lt $deadline ] || { echo "it does not answer"; tail -n 40 "$1/log"; exit 1; }
       sleep 0.2
     done`,
    [`${run}/${daemon.name}`, `${data}/${daemon.name}`, daemon.configuration],
    example,
  );
  orThrow(started, `starting ${daemon.name}`);
};

const isInDom0 = async (program: string): Promise<boolean> =>
  (await inDom0('command -v "$1"', [program])).exitCode === 0;

/**
 * A test that shows the end of the engine's log when it fails, and is skipped where the
 * Dom0 has no such engine.
 */
export const engineTest = (
  name: string,
  engine: string,
  body: (t: TestContext) => Promise<void>,
): void => {
  test(name, async (t) => {
    if (!(await isInDom0(engine))) return t.skip(`no ${engine} in this Dom0`);
    try {
      await body(t);
    } catch (error) {
      const { stdout } = await inDom0('grep -v "loading plugin" "$1/log" | tail -n 20', [
        `${run}/${engine}`,
      ]);
      for (const line of stdout.toString().trimEnd().split('\n')) t.diagnostic(line);
      throw error;
    }
  });
};

const containerdRun = `${run}/containerd`;
const containerdAddress = `${containerdRun}/socket`;

/** containerd with both of its runtimes, from one of the examples. */
const containerdWith = (example: string): Daemon => ({
  name: 'containerd',
  command: `containerd --config ${containerdRun}/config.toml --root ${data}/containerd/root --state ${containerdRun}/state --address ${containerdAddress}`,
  ready: `ctr --address ${containerdAddress} version`,
  example: `containerd/${example}`,
  configuration: `${containerdRun}/config.toml`,
  // As examples/containerd/README.md says, for runtime v1.
  prepare: `if ! grep -q ' cgroup ' /proc/self/mounts; then
    mkdir -p /run/cgroup-v1/containerd
    mount -t cgroup -o none,name=containerd cgroup /run/cgroup-v1/containerd
  fi`,
});

/** For a script in the Dom0: ctr with the daemon of the tests. */
export const ctrInDom0 = `export CONTAINERD_ADDRESS=${containerdAddress}`;

/** Runs ctr with the daemon of the tests. */
export const ctr = (args: readonly string[], input: string | Uint8Array = ''): Promise<Outcome> =>
  inDom0(`ctr --address ${containerdAddress} "$@"`, args, input);

/** Starts containerd from an example, and imports an image. */
export const startContainerd = async (example: string): Promise<void> => {
  if (!(await isInDom0('containerd'))) return;
  await startDaemon(containerdWith(example));
  orThrow(await ctr(['images', 'import', await imageArchive('busybox')]), 'importing');
};

export const stopContainerd = (): Promise<void> => stopEngine('containerd');

/** What a test must not leave in containerd, and of its containers on the host. */
export const containerdLeftovers = async (): Promise<string> => {
  const { stdout } = await inDom0(`
    deadline=$((SECONDS + 60))
    look() {
      ctr --address ${containerdAddress} containers ls -q
      ls -A /run/containerd/runc/default
      ls -d /sys/fs/cgroup/default/*/
      awk '$5 ~ "^${containerdRun}/state/" { print $5 }' /proc/self/mountinfo
      ps -eo args= | grep '^[^ ]*containerd-shim'
    }
    while [ -n "$(look 2> /dev/null)" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    look 2> /dev/null`);
  return stdout.toString();
};

const dockerRun = `${run}/docker`;

const dockerd: Daemon = {
  name: 'docker',
  command: `dockerd --containerd ${containerdAddress} --config-file ${dockerRun}/daemon.json --data-root ${data}/docker/root --exec-root ${dockerRun}/exec --pidfile ${dockerRun}/dockerd.pid --host unix://${dockerRun}/socket`,
  ready: `docker --host unix://${dockerRun}/socket version`,
  example: 'docker/daemon.json',
  configuration: `${dockerRun}/daemon.json`,
};

/** For a script in the Dom0: docker with the daemon of the tests. */
export const dockerInDom0 = `export DOCKER_HOST=unix://${dockerRun}/socket`;

/** Runs docker with the daemon of the tests. */
export const docker = (
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<Outcome> => inDom0(`${dockerInDom0}; docker "$@"`, args, input);

/** Starts docker on a containerd, as Debian does, and loads an image. */
export const startDocker = async (): Promise<void> => {
  if (!(await isInDom0('docker'))) return;
  await startDaemon(containerdWith('config-v2.toml'));
  await startDaemon(dockerd);
  orThrow(await docker(['load', '--input', await imageArchive('busybox')]), 'loading');
};

export const stopDocker = async (): Promise<void> => {
  await stopEngine(dockerd.name);
  await stopEngine('containerd');
};

const podmanRun = `${run}/podman`;

/** For a script in the Dom0: podman as the example configures it, with directories of its own. */
export const podmanInDom0 = `export CONTAINERS_CONF=${podmanRun}/containers.conf
  podman() { command podman --root ${data}/podman --runroot ${podmanRun}/run "$@"; }`;

/** Runs podman, which needs no daemon. */
export const podman = (
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<Outcome> => inDom0(`${podmanInDom0}; podman "$@"`, args, input);

/** Puts podman's configuration into place, and loads an image. */
export const startPodman = async (): Promise<void> => {
  if (!(await isInDom0('podman'))) return;
  await stopPodman();
  const example = await readFile(`${top}/examples/podman/containers.conf`);
  await inDom0('mkdir -p "$1" && cat > "$1/containers.conf"', [podmanRun], example);
  orThrow(await podman(['load', '--input', await imageArchive('busybox')]), 'loading');
};

export const stopPodman = (): Promise<void> => stopEngine('podman');
