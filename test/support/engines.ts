import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import type { Outcome } from './dom0.ts';
import { inDom0 } from './dom0.ts';
import { isFull, long } from './full.ts';

export const top = fileURLToPath(new URL('../..', import.meta.url));

/** In the Dom0: sockets, logs, pids. */
export const run = '/run/runx-engines';
/** In the Dom0: what a daemon keeps. */
export const data = '/var/lib/runx-engines';
/** In the Dom0: the archives of images. */
const archives = '/var/tmp/runx-images';

/** The image of scripts/images that the suites run. */
export const image = 'runx.test/busybox:latest';

/** A daemon of a container engine, in the Dom0. */
export interface Daemon {
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

export const orThrow = (outcome: Outcome, what: string): Outcome => {
  if (outcome.exitCode !== 0) {
    throw new Error(
      `${what}: exit code ${outcome.exitCode}\n${outcome.stdout.toString()}${outcome.stderr}`,
    );
  }
  return outcome;
};

/** Copies what scripts/images makes into the Dom0, unless it is there, and says where it is. */
export const imageArchive = async (name: string): Promise<string> => {
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
export const stopEngine = async (name: string): Promise<void> => {
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

/** Starts a daemon on what it has kept, and waits until it answers. */
const launchDaemon = async (daemon: Daemon): Promise<void> => {
  const started = await inDom0(
    `setsid ${daemon.command} >> "$1/log" 2>&1 < /dev/null &
     echo $! > "$1/pid"
     deadline=$((SECONDS + 180))
     until ${daemon.ready} > /dev/null 2>&1; do
       kill -0 $! 2> /dev/null || { echo "it ended"; tail -n 40 "$1/log"; exit 1; }
       [ $SECONDS -lt $deadline ] || { echo "it does not answer"; tail -n 40 "$1/log"; exit 1; }
       sleep 0.2
     done`,
    [`${run}/${daemon.name}`],
  );
  orThrow(started, `starting ${daemon.name}`);
};

/** Starts a daemon from nothing, with `more` after its example. */
export const startDaemon = async (daemon: Daemon, more = ''): Promise<void> => {
  await stopEngine(daemon.name);
  const example = await readFile(`${top}/examples/${daemon.example}`, 'utf8');
  const prepared = await inDom0(
    `mkdir -p "$1" "$2" "\${3%/*}" && cat > "$3" || exit 1
     ${daemon.prepare ?? ''}`,
    [`${run}/${daemon.name}`, `${data}/${daemon.name}`, daemon.configuration],
    example + more,
  );
  orThrow(prepared, `preparing ${daemon.name}`);
  await launchDaemon(daemon);
};

/** Ends a daemon, and nothing else, and starts it again. */
export const restartDaemon = async (daemon: Daemon): Promise<void> => {
  const ended = await inDom0(
    `pid=$(cat "$1/pid"); kill "$pid"
     deadline=$((SECONDS + 60))
     while kill -0 "$pid" 2> /dev/null; do
       [ $SECONDS -lt $deadline ] || exit 1; sleep 0.2
     done`,
    [`${run}/${daemon.name}`],
  );
  orThrow(ended, `ending ${daemon.name}`);
  await launchDaemon(daemon);
};

export const isInDom0 = async (program: string): Promise<boolean> =>
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

/** An `engineTest` that takes long: in `npm run test:full`. */
export const longEngineTest: typeof engineTest = (name, engine, body) => {
  if (isFull) engineTest(name, engine, body);
  else test(name, long);
};
