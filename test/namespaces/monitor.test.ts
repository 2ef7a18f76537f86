import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';

import { monitorProgram } from '../support/built-programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('its command line', () => {
  const usages: Readonly<Record<string, string>> = {
    address: 'address DOMID NAME',
    lock: 'lock [--try]',
    remount: 'remount ro|rw PATH',
    network: 'network DOMID',
    enter: 'enter PID -- PATH NAME [ARG...]',
    hold: 'hold --state DIR --id ID [--network PATH] [--hostname NAME]',
    image: 'image --state DIR (--share TAG --export [r][s][f]:PATH)... -- PATH [ARG...]',
  };
  for (const words of [
    'address --disk x 7 eth0',
    'address 7',
    'address 0 eth0',
    'address web eth0',
    'lock --all',
    'lock --try now',
    'remount wr /',
    'network web',
    'enter 1 /bin/true',
    'hold --state /tmp',
    'hold --state /tmp --id pod --slot 1',
    'image --share root --export r:/ -- /bin/true',
    'image --state /tmp --export r:/ -- /bin/true',
    'image --state /tmp --share root --export x:/ -- /bin/true',
  ]) {
    test(`refuses ${words}`, () => {
      const { status, stdout, stderr } = spawnSync(monitorProgram, words.split(' '), {
        encoding: 'utf8',
      });
      const usage = usages[words.replace(/ .*/, '')];
      assert.deepEqual(
        [status, stdout, stderr],
        [2, '', `usage: runx-monitor ${usage}\nrunx starts it; it is of no use by hand.\n`],
      );
    });
  }

  for (const words of [
    'run --state=/tmp --id=web --xl=/bin/true',
    'run --state=/tmp --id=web --xl=/bin/true --slot=0',
    'run --state=/tmp --id=web --xl=/bin/true --slot=1 --domid=7',
    'run --state=/tmp --id=web --xl=/bin/true --slot=1 --diod=/bin/true',
    'run --state=/tmp --id=web --xl=/bin/true --slot=1 --share=root --export=:/',
    'exec --state=/tmp --id=web --domain=web-1 --domid=7',
    'exec --state=/tmp --id=web --slot=1 --domain=web-1 --domid=7 --xl=/bin/true',
    'exec --state=/tmp --id=web --slot=1 --domain=web-1 --domid=7x',
  ]) {
    test(`refuses ${words}`, () => {
      const { status, stderr } = spawnSync(monitorProgram, words.split(' '), { encoding: 'utf8' });
      assert.equal(status, 2);
      assert.ok(
        stderr.startsWith(`usage: runx-monitor ${words.slice(0, words.indexOf(' '))} --state DIR`),
      );
    });
  }

  test('has a usage for each subcommand, said to who names none', () => {
    for (const words of [[], ['nosuch'], ['--try', 'lock']]) {
      const { status, stderr } = spawnSync(monitorProgram, words, { encoding: 'utf8' });
      const named = stderr.matchAll(/^usage: runx-monitor (\w+)/gm);
      assert.deepEqual(
        [status, ...[...named].map(([, name]) => name)],
        [
          2,
          ...'run exec hold network address enter hostname image lock remount'.split(' '),
          ...'online offline add remove'.split(' '),
        ],
      );
    }
  });

  test('says what kind of namespace a path has not', () => {
    const words = ['hostname', '/proc/self/ns/net'];
    const { status, stderr } = spawnSync(monitorProgram, words, { encoding: 'utf8' });
    const said = 'runx-monitor: entering /proc/self/ns/net: not a UTS namespace\n';
    assert.deepEqual([status, stderr], [126, said]);
  });
});

const skip = ((): string | false => {
  if (process.getuid?.() !== 0) return 'only root makes namespaces';
  return existsSync('/dev/xen/gntdev') ? 'this is a Dom0' : false;
})();

/** Starts what stands for something; `told` are its lines, but that of its pid. */
const launch = async (t: TestContext, words: readonly string[]) => {
  const child = spawn(monitorProgram, words, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const control = child.stdio[3];
  assert.ok(control instanceof Socket);
  let text = '';
  control.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  control.on('error', () => {});
  t.after(() => control.destroy());
  const pid = (): number => Number(/^pid (\d+)$/m.exec(text)?.[1] ?? 0);
  const lives = (): boolean => {
    const stat = existsSync(`/proc/${pid()}`) ? readFileSync(`/proc/${pid()}/stat`, 'utf8') : 'Z';
    return !/\) Z /.test(stat) && stat !== 'Z';
  };
  return {
    control,
    pid,
    lives,
    told: () => text.replace(/^pid \d+\n/, ''),
    hasPid: () => waitUntil('its pid', () => pid() > 0),
    ends: () => waitUntil('its end', () => !lives()),
  };
};

/** An xl that notes what it is called with. */
const makeContainer = async (t: TestContext) => {
  const directory = await temporaryDirectory(t);
  const xl = join(directory, 'xl');
  await writeFile(xl, `#!/bin/sh\necho "$@" >>${directory}/calls\n`);
  await chmod(xl, 0o755);
  await mkdir(join(directory, 'exec'));
  const calls = (): string => {
    const file = join(directory, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const words = [`--state=${directory}`, '--id=web', '--slot=1'];
  return { directory, calls, run: ['run', ...words, `--xl=${xl}`], exec: ['exec', ...words] };
};

describe('its processes', { skip, concurrency: 4 }, () => {
  test('a create that dies takes the domain along', async (t) => {
    const { calls, run } = await makeContainer(t);
    const monitor = await launch(t, run);
    await monitor.hasPid();
    monitor.control.end('name web-1\n');
    await waitUntil('the destruction', () => calls() === 'destroy web-1\n');
    await monitor.ends();
  });

  test('a create that dies before it names a domain leaves none to destroy', async (t) => {
    const { calls, run } = await makeContainer(t);
    const monitor = await launch(t, run);
    await monitor.hasPid();
    monitor.control.end();
    await monitor.ends();
    assert.deepEqual([monitor.told(), calls()], ['', '']);
  });

  test('the keeper outlives the monitor, to destroy its domain', async (t) => {
    const { calls, run } = await makeContainer(t);
    const monitor = await launch(t, run);
    await monitor.hasPid();
    monitor.control.end('name web-1\ncommit\n');
    await waitUntil('the end of the stream', () => monitor.control.destroyed);
    assert.equal(monitor.lives(), true);
    process.kill(monitor.pid(), 'SIGKILL');
    await waitUntil('the destruction', () => calls() === 'destroy web-1\n');
  });

  test('a line that is too long is the end of the stream', async (t) => {
    const { run } = await makeContainer(t);
    const monitor = await launch(t, run);
    await monitor.hasPid();
    monitor.control.write(`name ${'x'.repeat(400)}\ncommit\n`);
    await monitor.ends();
  });

  test('a file is not a network namespace', async (t) => {
    const { run, directory } = await makeContainer(t);
    const monitor = await launch(t, [...run, `--network=${directory}/xl`]);
    await waitUntil('its error', () => monitor.told() !== '');
    const why = `network namespace ${directory}/xl: not a network namespace`;
    assert.equal(monitor.told(), `error ${why}\n`);
  });

  test('a FIFO is not a network namespace, and its writer goes on waiting', async (t) => {
    const { run, directory } = await makeContainer(t);
    const fifo = join(directory, 'fifo');
    spawnSync('mkfifo', [fifo]);
    const writer = spawn('/bin/sh', ['-c', ': > "$0"', fifo]);
    t.after(() => writer.kill('SIGKILL'));
    const monitor = await launch(t, [...run, `--network=${fifo}`]);
    await waitUntil('its error', () => monitor.told() !== '');
    assert.equal(monitor.told(), `error network namespace ${fifo}: not a network namespace\n`);
    assert.equal(writer.exitCode, null);
  });

  test('a terminal that is sent to a console socket has the size that is asked for', async (t) => {
    const { run, directory } = await makeContainer(t);
    const script = `
import array, fcntl, json, socket, struct, subprocess, sys, termios
path, words = sys.argv[1], json.loads(sys.argv[2])
server = socket.socket(socket.AF_UNIX); server.bind(path); server.listen(1); server.settimeout(20)
ours, theirs = socket.socketpair()
child = subprocess.Popen(['/bin/sh', '-c', 'exec "$@" 3<&0', 'sh', *words], stdin=theirs)
connection, _ = server.accept()
_, [master], _, _ = socket.recv_fds(connection, 100, 1)
print(*struct.unpack('HHHH', fcntl.ioctl(master, termios.TIOCGWINSZ, bytes(8)))[:2])
ours.close(); child.wait()`;
    const socket = join(directory, 'socket');
    const words = [monitorProgram, ...run, '--terminal', '--window=33x111'];
    const all = JSON.stringify([...words, `--console-socket=${socket}`]);
    const { stdout, stderr } = spawnSync('python3', ['-c', script, socket, all], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.equal(stdout, '33 111\n', stderr);
  });

  test('that of an added process takes a record, and its pid file goes with it', async (t) => {
    const { exec, directory, calls } = await makeContainer(t);
    const monitor = await launch(t, [...exec, '--domain=web-1', '--domid=7']);
    await monitor.hasPid();
    const file = join(directory, `exec/${monitor.pid()}`);
    await writeFile(file, '1');
    monitor.control.write('process 8\narg');
    monitor.control.write('\0ls\0\n');
    await waitUntil('its exit code', () => monitor.told().endsWith('exit 137\n'));
    const why = '/dev/xen/gntdev and /dev/xen/evtchn: No such file or directory';
    assert.equal(monitor.told(), `error ${why}\nexit 137\n`);
    await waitUntil('the end of the pid file', () => !existsSync(file));
    assert.equal(calls(), '');
  });

  for (const [what, line] of [
    ['no record', 'commit\n'],
    ['too large a record', `process ${8 * 1024 * 1024 + 1}\n`],
  ] as const) {
    test(`that of an added process ends when it gets ${what}`, async (t) => {
      const { exec } = await makeContainer(t);
      const monitor = await launch(t, [...exec, '--domain=web-1', '--domid=7']);
      await monitor.hasPid();
      monitor.control.write(line);
      await waitUntil('its exit code', () => monitor.told() === 'exit 137\n');
      await monitor.ends();
    });
  }

  test("a sandbox's holds its host name until it is ended", async (t) => {
    const { directory } = await makeContainer(t);
    const words = ['hold', `--state=${directory}`, '--id=pod', '--hostname=pod-1'];
    const sandbox = await launch(t, words);
    await sandbox.hasPid();
    const namespace = `/proc/${sandbox.pid()}/ns/uts`;
    const { stdout } = spawnSync(monitorProgram, ['hostname', namespace], { encoding: 'utf8' });
    assert.equal(stdout, 'pod-1\n');
    sandbox.control.write('commit\n');
    process.kill(sandbox.pid(), 'SIGTERM');
    await waitUntil('its exit code', () => sandbox.told() === 'exit 0\n');
    await sandbox.ends();

    const dies = await launch(t, words);
    await dies.hasPid();
    dies.control.end();
    await dies.ends();
    assert.equal(dies.told(), '');
  });
});
