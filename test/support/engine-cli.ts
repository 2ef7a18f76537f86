import assert from 'node:assert/strict';

import type { Outcome } from './dom0.ts';
import { inDom0 } from './dom0.ts';
import { image, engineTest } from './engines.ts';

/** docker and podman take the same words. */
interface Engine {
  readonly name: 'docker' | 'podman';
  /** Runs it. */
  readonly cli: (args: readonly string[]) => Promise<Outcome>;
  /** Defines it for a script in the Dom0. */
  readonly setup: string;
}

const says = ['sh', '-c', 'echo out; echo err >&2; exit 7'];

/** What holds for docker and for podman. */
export const testCommandLine = ({ name, cli, setup }: Engine): void => {
  const runx = ['--runtime', 'runx', '--network', 'none'];

  engineTest('run: both streams, the exit code', name, async () => {
    const result = await cli(['run', '--rm', ...runx, image, ...says]);
    assert.equal(result.stderr, 'err\n');
    assert.equal(result.stdout.toString(), 'out\n');
    assert.equal(result.exitCode, 7);
  });

  engineTest('run: input, to its end', name, async () => {
    const result = await inDom0(
      `${setup}; printf 'one\\ntwo\\n' | ${name} run --rm --interactive "$@"`,
      [...runx, image, 'sh', '-c', 'cat; echo end'],
    );
    assert.equal(result.stdout.toString(), 'one\ntwo\nend\n', result.stderr);
    assert.equal(result.exitCode, 0);
  });

  engineTest('detached: exec, logs, pause, stop, restart, rm', name, async () => {
    const command = ['sh', '-c', 'echo ready; trap "exit 5" TERM; while :; do sleep 0.1; done'];
    const options = ['--detach', '--name', 'detached', ...runx];
    const started = await cli(['run', ...options, image, ...command]);
    assert.equal(started.exitCode, 0, started.stderr);

    const exec = await cli(['exec', 'detached', ...says]);
    assert.equal(exec.stderr, 'err\n');
    assert.equal(exec.stdout.toString(), 'out\n');
    assert.equal(exec.exitCode, 7);

    const rest = await inDom0(
      `${setup}
       status() { ${name} inspect --format '{{.State.Status}} {{.State.ExitCode}}' detached; }
       until ${name} logs detached | grep -q ready; do sleep 0.2; done
       ${name} pause detached > /dev/null; status
       ${name} unpause detached > /dev/null; status
       ${name} stop --time 60 detached > /dev/null; status
       ${name} start detached > /dev/null; status
       ${name} rm --force detached > /dev/null
       ${name} ps --all --quiet`,
    );
    assert.equal(rest.stdout.toString(), 'paused 0\nrunning 0\nexited 5\nrunning 0\n', rest.stderr);
  });

  engineTest('run: a program that is not there is exit code 127', name, async () => {
    const result = await cli(['run', '--rm', ...runx, image, 'nosuch']);
    assert.match(result.stderr, /exec: "nosuch": executable file not found in \$PATH/);
    assert.equal(result.exitCode, 127);
  });
};
