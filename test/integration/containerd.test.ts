import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import {
  containerdLeftovers,
  ctr,
  ctrInDom0,
  restartContainerd,
  startContainerd,
  stopContainerd,
} from '../support/containerd.ts';
import { inDom0, leftovers } from '../support/dom0.ts';
import { engineTest, image, longEngineTest } from '../support/engines.ts';
import { engineTerminals } from '../support/terminal.ts';

/** containerd's two ways to a runtime. */
const runtimes = [
  { version: 'v1', runtime: ['--runtime', 'io.containerd.runtime.v1.linux'] },
  { version: 'v2', runtime: ['--runc-binary', '/usr/sbin/runX'] },
];

/** Runs a script in the Dom0, with the functions status and until_status; what it prints. */
const script = async (body: string, ...args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await inDom0(
    `${ctrInDom0}
     status() { ctr tasks ls | awk -v id="$1" '$1 == id { print $3 }'; }
     pid() { ctr tasks ls | awk -v id="$1" '$1 == id { print $2 }'; }
     until_status() {
       local deadline=$((SECONDS + 60))
       until [ "$(status "$1")" = "$2" ]; do
         [ $SECONDS -lt $deadline ] || { echo "status: $(status "$1")"; return 1; }
         sleep 0.2
       done
     }
     ended() {
       ctr tasks delete "$1" 2>&1 | grep -o 'exit code [0-9]*'
       ctr containers delete "$1"
     }
     ${body}`,
    args,
  );
  return stdout.toString() + stderr;
};

const idle = ['sh', '-c', 'trap "exit 5" TERM; while :; do sleep 0.1; done'];

const says = ['sh', '-c', 'echo out; echo err >&2; exit 7'];

before(() => startContainerd('config-v2.toml'));

after(stopContainerd);

afterEach(async () => {
  assert.equal(await containerdLeftovers(), '', 'containerd has nothing left');
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

for (const { version, runtime } of runtimes) {
  // The shims of both versions make the same calls.
  const [firstTest, usualTest] =
    version === 'v1' ? [engineTest, longEngineTest] : [longEngineTest, engineTest];

  firstTest(`${version}: run: both streams, the exit code`, 'containerd', async () => {
    const result = await ctr(['run', '--rm', ...runtime, image, `run-${version}`, ...says]);
    assert.equal(result.stderr, 'err\n');
    assert.equal(result.stdout.toString(), 'out\n');
    assert.equal(result.exitCode, 7);
  });

  usualTest(`${version}: detached: exec, ps, pause, kill, delete`, 'containerd', async () => {
    const id = `detached-${version}`;
    const started = await ctr(['run', '--detach', ...runtime, image, id, ...idle]);
    assert.equal(started.stderr, '');
    assert.equal(started.exitCode, 0);

    const exec = await ctr(['tasks', 'exec', '--exec-id', 'one', id, ...says]);
    assert.equal(exec.stderr, 'err\n');
    assert.equal(exec.stdout.toString(), 'out\n');
    assert.equal(exec.exitCode, 7);

    const rest = await script(
      `ctr tasks ps "$1" | grep -c "^$(pid "$1") "
       ctr tasks pause "$1"; status "$1"
       ctr tasks resume "$1"; status "$1"
       ctr tasks kill "$1"
       until_status "$1" STOPPED
       ended "$1"`,
      id,
    );
    assert.equal(rest, '1\nPAUSED\nRUNNING\nexit code 5\n');
  });

  longEngineTest(
    `${version}: a task that is killed and deleted by force`,
    'containerd',
    async () => {
      const id = `forced-${version}`;
      const started = await ctr(['run', '--detach', ...runtime, image, id, 'sleep', '1000']);
      assert.equal(started.exitCode, 0, started.stderr);
      const deleted = await ctr(['tasks', 'delete', '--force', id]);
      assert.match(deleted.stderr, /exit code 137/);
      assert.equal(deleted.exitCode, 0);
      await ctr(['containers', 'delete', id]);
    },
  );

  longEngineTest(`${version}: a program that is not there is named`, 'containerd', async () => {
    const result = await ctr(['run', '--rm', ...runtime, image, `absent-${version}`, 'nosuch']);
    assert.match(
      result.stderr,
      /OCI runtime create failed: exec: "nosuch": executable file not found in \$PATH: unknown\n$/,
    );
    assert.equal(result.exitCode, 1);
  });

  longEngineTest(`${version}: environment, directory, memory, volume`, 'containerd', async () => {
    await inDom0('mkdir -p /tmp/volume && echo from the host > /tmp/volume/file');
    const looks =
      'echo "$A"; pwd; cat /volume/file; echo from the container > /volume/file; touch /x; head -n 1 /proc/meminfo';
    const options = [
      '--env=A=a b',
      '--cwd=/tmp',
      '--read-only',
      `--memory-limit=${100 << 20}`,
      '--mount=type=bind,src=/tmp/volume,dst=/volume,options=rbind:rw',
    ];
    const command = [`options-${version}`, 'sh', '-c', looks];
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

  longEngineTest(`${version}: input, sizes and keys of a terminal`, 'containerd', async () => {
    const id = `terminal-${version}`;
    const run = [
      'ctr',
      'run',
      '--rm',
      '--tty',
      ...runtime,
      '--env',
      'PS1=guest$ ',
      image,
      id,
      'sh',
    ];
    const exec = ['ctr', 'tasks', 'exec', '--tty', '--exec-id', 'shell', id, 'sh'];
    const result = await inDom0(
      `${ctrInDom0}; python3 - "$@"`,
      [JSON.stringify(run), JSON.stringify(exec)],
      engineTerminals,
    );
    assert.equal(result.stdout.toString() + result.stderr, '9\n6\n');
  });

  longEngineTest(`${version}: kill with any signal, and of an exec`, 'containerd', async () => {
    const id = `signals-${version}`;
    const traps = 'trap "exit 9" USR1; echo ready; while :; do sleep 0.1; done';
    const seen = await script(
      `image=$1 id=$2 traps=$3; shift 3
       mkfifo /tmp/signals
       ctr run --rm "$@" "$image" "$id" sh -c "$traps" > /tmp/signals < /dev/null & run=$!
       head -n 1 /tmp/signals
       ctr tasks exec --exec-id one "$id" sh -c "$traps" > /tmp/signals < /dev/null & exec=$!
       head -n 1 /tmp/signals
       ctr tasks kill --exec-id one --signal USR1 "$id"; wait $exec; echo $?
       ctr tasks kill --signal USR1 "$id"; wait $run; echo $?
       rm /tmp/signals`,
      image,
      id,
      traps,
      ...runtime,
    );
    assert.equal(seen, 'ready\nready\n9\n9\n');
  });

  longEngineTest(`${version}: quick exits, one after another`, 'containerd', async () => {
    const seen = await script(
      `image=$1 id=$2; shift 2
       for code in 0 1 2 3; do
         ctr run --rm "$@" "$image" "$id-$code" sh -c "exit $code"; echo $?
       done`,
      image,
      `quick-${version}`,
      ...runtime,
    );
    assert.equal(seen, '0\n1\n2\n3\n');
  });

  longEngineTest(
    `${version}: containerd is restarted below the container`,
    'containerd',
    async () => {
      const id = `restart-${version}`;
      const started = await ctr(['run', '--detach', ...runtime, image, id, ...idle]);
      assert.equal(started.exitCode, 0, started.stderr);
      await restartContainerd('config-v2.toml');
      const exec = await ctr(['tasks', 'exec', '--exec-id', 'one', id, ...says]);
      assert.equal(exec.exitCode, 7, exec.stderr);
      const seen = await script(
        'status "$1"; ctr tasks kill "$1"; until_status "$1" STOPPED; ended "$1"',
        id,
      );
      assert.equal(seen, 'RUNNING\nexit code 5\n');
    },
  );

  longEngineTest(`${version}: a monitor that is killed`, 'containerd', async () => {
    const id = `killed-${version}`;
    const started = await ctr(['run', '--detach', ...runtime, image, id, ...idle]);
    assert.equal(started.exitCode, 0, started.stderr);
    const seen = await script(
      'kill -KILL "$(pid "$1")"; until_status "$1" STOPPED; ended "$1"',
      id,
    );
    assert.equal(seen, 'exit code 137\n');
  });

  longEngineTest(`${version}: the network of ctr --cni`, 'containerd', async () => {
    const id = `cni-${version}`;
    const conf = {
      cniVersion: '0.4.0',
      name: 'runx-test',
      plugins: [
        {
          type: 'bridge',
          bridge: 'runxctr0',
          isGateway: true,
          ipam: { type: 'host-local', subnet: '10.98.0.0/24', routes: [{ dst: '0.0.0.0/0' }] },
        },
      ],
    };
    const seen = await script(
      `mkdir -p /etc/cni/net.d /opt/cni; [ -e /opt/cni/bin ] || ln -s /usr/lib/cni /opt/cni/bin
       echo "$3" > /etc/cni/net.d/10-runx-test.conflist
       image=$1 id=$2; shift 3
       ctr run --rm --cni "$@" "$image" "$id" sh -c 'ip -o -4 address show dev eth0 | grep -o 10.98.0.*/24; ping -c 1 -q 10.98.0.1 | grep -c " 0% packet loss"'
       echo $?; rm -r /etc/cni/net.d/10-runx-test.conflist /opt/cni
       ip link delete runxctr0; ls /var/lib/cni/networks/runx-test | grep 10.98`,
      image,
      id,
      JSON.stringify(conf),
      ...runtime,
    );
    assert.match(seen, /^10\.98\.0\.\d+\/24\n1\n0\n$/);
  });
}

// The shim of runtime v1 knows no cgroups of version 2.
longEngineTest("v2: metrics are the container's own", 'containerd', async () => {
  const { runtime } = runtimes[1] ?? assert.fail();
  const id = 'metrics';
  await ctr(['run', '--detach', ...runtime, image, id, 'sleep', '600']);
  const seen = await script(
    'ctr tasks metrics "$1" 2>&1; ctr tasks kill --signal KILL "$1"; until_status "$1" STOPPED; ended "$1"',
    id,
  );
  const usage = Number(/^memory\.usage(?:_in_bytes)?\s+(\d+)$/m.exec(seen)?.[1]);
  assert.ok(usage < 16e6, seen);
  assert.match(seen, /exit code 137\n$/);
});

// With runtime v2, containerd gives `delete --force` five seconds: too few under emulation.
longEngineTest('v1: a shim that is killed', 'containerd', async () => {
  const { runtime } = runtimes[0] ?? assert.fail();
  const started = await ctr(['run', '--detach', ...runtime, image, 'shimless', ...idle]);
  assert.equal(started.exitCode, 0, started.stderr);
  const seen = await script(
    `pid=$(pid shimless)
     kill -KILL "$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")"
     deadline=$((SECONDS + 60))
     while [ "$(status shimless)" = RUNNING ] || [ -e "/proc/$pid" ]; do
       [ $SECONDS -lt $deadline ] || { ctr tasks ls; break; }; sleep 0.2
     done
     ctr tasks delete shimless > /dev/null 2>&1
     ctr containers delete shimless`,
  );
  assert.equal(seen, '');
});

longEngineTest('the old form of the configuration: run', 'containerd', async () => {
  await startContainerd('config-v1.toml');
  const { runtime } = runtimes[0] ?? assert.fail();
  const result = await ctr(['run', '--rm', ...runtime, image, 'old', ...says]);
  assert.equal(result.stdout.toString(), 'out\n', result.stderr);
  assert.equal(result.exitCode, 7);
});
