import assert from 'node:assert/strict';

import type { Outcome } from './dom0.ts';
import { inDom0 } from './dom0.ts';
import { engineTest, image, longEngineTest } from './engines.ts';
import { engineTerminals } from './terminal.ts';

/** docker and podman take the same words. */
interface Engine {
  readonly name: 'docker' | 'podman';
  /** Its command line, up to the arguments. */
  readonly words: readonly string[];
}

const says = ['sh', '-c', 'echo out; echo err >&2; exit 7'];

const traps = (signal: string): readonly string[] => [
  'sh',
  '-c',
  `trap "exit 5" ${signal}; echo ready; while :; do sleep 0.1; done`,
];

/** What holds for docker and for podman. */
export const testCommandLine = ({ name, words }: Engine): void => {
  // Both make the same calls of a runtime here.
  const ofDocker = name === 'docker' ? engineTest : longEngineTest;
  const cli = (args: readonly string[]): Promise<Outcome> => inDom0('"$@"', [...words, ...args]);
  const runx = ['--runtime', 'runx', '--network', 'none'];

  /** Runs a script in the Dom0 that must succeed, with the functions engine, ready and status. */
  const script = async (body: string, ...args: readonly string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await inDom0(
      `engine() { ${words.join(' ')} "$@"; }
       status() { engine inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$1"; }
       ready() {
         local deadline=$((SECONDS + 120))
         until engine logs "$1" 2>&1 | grep -q ready; do
           [ $SECONDS -lt $deadline ] || return 1; sleep 0.2
         done
       }
       ${body}`,
      args,
    );
    assert.equal(exitCode, 0, `${stdout.toString()}${stderr}`);
    return stdout.toString();
  };

  engineTest('run: both streams, the exit code', name, async () => {
    const result = await cli(['run', '--rm', ...runx, image, ...says]);
    assert.equal(result.stderr, 'err\n');
    assert.equal(result.stdout.toString(), 'out\n');
    assert.equal(result.exitCode, 7);
  });

  ofDocker('detached: exec, logs, top, pause, stop, restart, rm', name, async () => {
    const started = await cli([
      'run',
      '--detach',
      '--name',
      'detached',
      ...runx,
      image,
      ...traps('TERM'),
    ]);
    assert.equal(started.exitCode, 0, started.stderr);

    const exec = await cli(['exec', 'detached', ...says]);
    assert.equal(exec.stderr, 'err\n');
    assert.equal(exec.stdout.toString(), 'out\n');
    assert.equal(exec.exitCode, 7);

    const rest = await script(
      `ready detached
       engine top detached | grep -q runx-monitor && echo 1
       engine pause detached > /dev/null; status detached
       engine unpause detached > /dev/null; status detached
       engine stop --time 60 detached > /dev/null; status detached
       engine start detached > /dev/null; status detached
       engine rm --force detached > /dev/null
       engine ps --all --quiet`,
    );
    assert.equal(rest, '1\npaused 0\nrunning 0\nexited 5\nrunning 0\n');
  });

  engineTest('a port that is published, the default network, its names', name, async () => {
    const seen = await script(
      `engine run --detach --name web --hostname here --publish 127.0.0.1:8085:80 --runtime runx \\
         "$1" sh -c 'echo "It works!" > /tmp/index.html; httpd -p 80 -h /tmp
           hostname; grep -c here /etc/hosts; ip route | grep -c default
           echo ready; sleep 600' > /dev/null || exit 1
       ready web; engine logs web
       address=$(engine inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' web)
       busybox wget -q -O - "http://$address/"
       busybox wget -q -O - http://127.0.0.1:8085/
       engine rm --force --time 0 web > /dev/null 2>&1 || engine rm --force web > /dev/null`,
      image,
    );
    assert.equal(seen, 'here\n1\n1\nready\nIt works!\nIt works!\n');
  });

  longEngineTest('run: a program that is not there is exit code 127', name, async () => {
    const result = await cli(['run', '--rm', ...runx, image, 'nosuch']);
    assert.match(result.stderr, /exec: "nosuch": executable file not found in \$PATH/);
    assert.equal(result.exitCode, 127);
  });

  longEngineTest('run: a file that cannot be executed is exit code 126', name, async () => {
    const result = await cli(['run', '--rm', ...runx, image, '/etc/passwd']);
    assert.match(result.stderr, /exec: "\/etc\/passwd": permission denied/);
    assert.equal(result.exitCode, 126);
  });

  longEngineTest('run: input, to its end', name, async () => {
    const seen = await script(
      `printf 'one\\ntwo\\n' | engine run --rm --interactive "$@"`,
      ...runx,
      image,
      'sh',
      '-c',
      'cat; echo end',
    );
    assert.equal(seen, 'one\ntwo\nend\n');
  });

  longEngineTest('run and exec on a terminal: input, sizes, keys, exit codes', name, async () => {
    const options = ['--rm', '--name=terminal', ...runx, '--env=PS1=guest$ '];
    const run = ['run', '--interactive', '--tty', ...options, image, 'sh'];
    const exec = ['exec', '--interactive', '--tty', 'terminal', 'sh'];
    const result = await inDom0(
      'python3 - "$@"',
      [JSON.stringify([...words, ...run]), JSON.stringify([...words, ...exec])],
      engineTerminals,
    );
    assert.equal(result.stderr, '');
    assert.equal(result.stdout.toString(), '9\n6\n');
  });

  longEngineTest('kill, and the stop signal of the container', name, async () => {
    const seen = await script(
      `for signal in TERM USR1 INT; do
         engine run --detach --name "k$signal" --stop-signal $signal "$@" sh -c "
           trap 'exit 5' $signal; echo ready; while :; do sleep 0.1; done" > /dev/null
         ready "k$signal"
       done
       engine kill --signal TERM kTERM > /dev/null; engine wait kTERM
       engine kill kUSR1 > /dev/null; engine wait kUSR1
       engine stop --time 60 kINT > /dev/null; engine wait kINT
       engine rm kTERM kUSR1 kINT > /dev/null`,
      ...runx,
      image,
    );
    assert.equal(seen, '5\n137\n5\n');
  });

  longEngineTest('environment, directory, user, volumes, limits', name, async () => {
    const seen = await script(
      `mkdir -p /tmp/volume; echo from the host > /tmp/volume/file; echo alone > /tmp/alone
       engine run --rm --env 'A=a b' --workdir /srv --user 65534:65534 --read-only \\
         --tmpfs /scratch --memory 100m --cpus 2 --volume /tmp/volume:/volume --volume /tmp/alone:/alone:ro \\
         "$@" sh -c 'echo "$A"; pwd; id -u; cat /volume/file /alone; touch /x 2>&1; nproc
           touch /scratch/x 2>&1 && awk "/MemTotal/ { print (\\$2 >= 102400 && \\$2 < 153600) }" /proc/meminfo'
       engine run --rm --volume /tmp/volume:/volume "$@" sh -c 'echo from the container > /volume/file'
       cat /tmp/volume/file; rm -r /tmp/volume /tmp/alone`,
      ...runx,
      image,
    );
    assert.equal(
      seen,
      `a b\n/srv\n65534\nfrom the host\nalone\ntouch: /x: Read-only file system\n2\n1\nfrom the container\n`,
    );
  });

  longEngineTest('stats: what the container uses, and not what the host does', name, async () => {
    const seen = await script(
      `engine run --detach --name stats "$@" sh -c 'echo ready; while :; do :; done' > /dev/null
       ready stats
       engine stats --no-stream --format '{{.MemUsage}}' stats
       engine rm --force stats > /dev/null`,
      ...runx,
      image,
    );
    const [, value = '', unit = ''] = /^([\d.]+) ?([a-zA-Z]+)/.exec(seen) ?? [];
    const scale = { B: 1, kB: 1e3, KiB: 1024, MB: 1e6, MiB: 1 << 20 }[unit] ?? Infinity;
    assert.ok(Number(value) * scale < 16e6, seen);
  });

  longEngineTest('quick exits, one after another', name, async () => {
    const seen = await script(
      'for code in 0 1 2 3; do engine run --rm "$@" sh -c "exit $code"; echo "$?"; done',
      ...runx,
      image,
    );
    assert.equal(seen, '0\n1\n2\n3\n');
  });

  longEngineTest('a monitor that is killed: the container has ended, by 137', name, async () => {
    const seen = await script(
      `engine run --detach --name victim "$@" sh -c 'echo ready; sleep 600' > /dev/null
       ready victim
       kill -KILL "$(engine inspect --format '{{.State.Pid}}' victim)"
       engine wait victim; status victim
       engine start victim > /dev/null; status victim
       engine rm --force victim > /dev/null`,
      ...runx,
      image,
    );
    assert.equal(seen, '137\nexited 137\nrunning 0\n');
  });
};
