import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import { inDom0, leftovers } from '../support/dom0.ts';
import {
  containerdLeftovers,
  ctr,
  ctrInDom0,
  image,
  startContainerd,
  stopContainerd,
  engineTest,
} from '../support/engines.ts';

/** containerd's two ways to a runtime. */
const runtimes = [
  { version: 'v1', runtime: ['--runtime', 'io.containerd.runtime.v1.linux'] },
  { version: 'v2', runtime: ['--runc-binary', '/usr/sbin/runX'] },
];

const says = ['sh', '-c', 'echo out; echo err >&2; exit 7'];

before(() => startContainerd('config-v2.toml'));

after(stopContainerd);

afterEach(async () => {
  assert.equal(await containerdLeftovers(), '', 'containerd has nothing left');
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

for (const { version, runtime } of runtimes) {
  engineTest(`${version}: run: both streams, the exit code`, 'containerd', async () => {
    const result = await ctr(['run', '--rm', ...runtime, image, `run-${version}`, ...says]);
    assert.equal(result.stderr, 'err\n');
    assert.equal(result.stdout.toString(), 'out\n');
    assert.equal(result.exitCode, 7);
  });

  engineTest(`${version}: detached: exec, ps, pause, kill, delete`, 'containerd', async () => {
    const id = `detached-${version}`;
    const idle = ['sh', '-c', 'trap "exit 5" TERM; while :; do sleep 0.1; done'];
    const started = await ctr(['run', '--detach', ...runtime, image, id, ...idle]);
    assert.equal(started.stderr, '');
    assert.equal(started.exitCode, 0);

    const exec = await ctr(['tasks', 'exec', '--exec-id', 'one', id, ...says]);
    assert.equal(exec.stderr, 'err\n');
    assert.equal(exec.stdout.toString(), 'out\n');
    assert.equal(exec.exitCode, 7);

    const rest = await inDom0(
      `${ctrInDom0}
       status() { ctr tasks ls | awk -v id="$1" '$1 == id { print $3 }'; }
       pid=$(ctr tasks ls | awk -v id="$1" '$1 == id { print $2 }')
       ctr tasks ps "$1" | grep -c "^$pid "
       ctr tasks pause "$1"; status "$1"
       ctr tasks resume "$1"; status "$1"
       ctr tasks kill "$1"
       until [ "$(status "$1")" = STOPPED ]; do sleep 0.2; done
       ctr tasks delete "$1" 2>&1 | grep -o 'exit code [0-9]*'
       ctr containers delete "$1"`,
      [id],
    );
    assert.equal(rest.stdout.toString(), '1\nPAUSED\nRUNNING\nexit code 5\n', rest.stderr);
  });

  engineTest(`${version}: a task that is killed and deleted by force`, 'containerd', async () => {
    const id = `forced-${version}`;
    const started = await ctr(['run', '--detach', ...runtime, image, id, 'sleep', '1000']);
    assert.equal(started.exitCode, 0, started.stderr);
    const deleted = await ctr(['tasks', 'delete', '--force', id]);
    assert.match(deleted.stderr, /exit code 137/);
    assert.equal(deleted.exitCode, 0);
    await ctr(['containers', 'delete', id]);
  });

  engineTest(`${version}: a program that is not there is named`, 'containerd', async () => {
    const result = await ctr(['run', '--rm', ...runtime, image, `absent-${version}`, 'nosuch']);
    assert.match(
      result.stderr,
      /OCI runtime create failed: exec: "nosuch": executable file not found in \$PATH: unknown\n$/,
    );
    assert.equal(result.exitCode, 1);
  });

  engineTest(`${version}: environment, directory, memory, volume`, 'containerd', async () => {
    await inDom0('mkdir -p /tmp/volume && echo from the host > /tmp/volume/file');
    const script =
      'echo "$A"; pwd; cat /volume/file; echo from the container > /volume/file; touch /x; head -n 1 /proc/meminfo';
    const options = [
      '--env=A=a b',
      '--cwd=/tmp',
      '--read-only',
      `--memory-limit=${100 << 20}`,
      '--mount=type=bind,src=/tmp/volume,dst=/volume,options=rbind:rw',
    ];
    const command = [`options-${version}`, 'sh', '-c', script];
    const result = await ctr(['run', '--rm', ...runtime, ...options, image, ...command]);
    const lines = result.stdout.toString().trimEnd().split('\n');
    const memory = lines.pop() ?? '';
    assert.deepEqual(lines, ['a b', '/tmp', 'from the host']);
    const kib = Number(/\d+/.exec(memory)?.[0]);
    assert.ok(kib >= 100 * 1024 && kib < 150 * 1024, memory);
    assert.equal(result.stderr, 'touch: /x: Read-only file system\n');
    const volume = await inDom0('cat /tmp/volume/file; rm -r /tmp/volume');
    assert.equal(volume.stdout.toString(), 'from the container\n');
  });
}

engineTest('the old form of the configuration: run', 'containerd', async () => {
  await startContainerd('config-v1.toml');
  const { runtime } = runtimes[0] ?? assert.fail();
  const result = await ctr(['run', '--rm', ...runtime, image, 'old', ...says]);
  assert.equal(result.stdout.toString(), 'out\n', result.stderr);
  assert.equal(result.exitCode, 7);
});
