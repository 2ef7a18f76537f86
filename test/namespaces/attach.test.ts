import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Socket, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, after, before, test } from 'node:test';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { connectConsole } from '../../src/monitor/console-client.ts';
import { makeFrameReader, renderFrames } from '../../src/protocol/frames.ts';
import { monitorProgram } from '../support/built-programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitUntil } from '../support/wait-until.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const gcc = '/usr/bin/gcc';
const options = { skip: existsSync(gcc) ? false : `no ${gcc}` };
const built = mkdtempSync(join(tmpdir(), 'runx-attach-'));
const program = join(built, 'attach');
const MiB = 1024 * 1024;

before(() => {
  if (options.skip !== false) return;
  const names = {
    monitor: 'attach kept_output relay input output streams terminal',
    backend: 'console channel device',
    protocol: 'descriptor number read_full retry transaction xenstore',
  };
  const sources = Object.entries(names).flatMap(([room, files]) =>
    files.split(' ').map((name) => `src/${room}/${name}.c`),
  );
  const flags = [
    '-std=gnu11',
    '-g',
    '-fsanitize=address,undefined',
    '-Isrc/monitor',
    '-o',
    program,
  ];
  execFileSync(gcc, [...flags, 'test/fixtures/attach/main.c', ...sources], { cwd: checkout });
});
after(() => rmSync(built, { recursive: true }));

/** The monitor's part that keeps output, in a state directory of its own. */
const start = async (t: TestContext, command: readonly string[] = [program]) => {
  const directory = await temporaryDirectory(t);
  const [file = '', ...args] = command;
  const child = spawn(file, args, { cwd: directory });
  let told = Buffer.alloc(0);
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    told = Buffer.concat([told, bytes]);
  });
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.after(() => child.kill('SIGKILL'));
  await waitUntil('its socket', () => told.includes('ready\n'));
  const size = (name: string): number =>
    existsSync(join(directory, name)) ? statSync(join(directory, name)).size : -1;
  return {
    directory,
    /** The frames for the guest. */
    told: () => told.subarray('ready\n'.length),
    size,
    read: (name: string) => readFileSync(join(directory, name)),
    write: (bytes: Uint8Array | string) =>
      new Promise<void>((resolve, reject) => {
        child.stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    /** Ends it; all that it said of itself is an error. */
    end: async () => {
      child.stdin.end();
      assert.deepEqual({ code: await ended, said }, { code: 0, said: '' });
    },
  };
};

/** A client, whose frames are put together by their types. */
const attach = async (directory: string) => {
  const socket = await connectConsole(directory);
  assert.ok(socket);
  return { socket, ...collect(socket) };
};

const collect = (socket: Socket) => {
  const read = makeFrameReader();
  const frames: { readonly type: string; readonly body: Buffer }[] = [];
  socket.on('data', (bytes: Buffer) => frames.push(...read(bytes)));
  const closed = (): Promise<boolean> => waitUntil('its close', () => socket.closed);
  const of = (type: string): Buffer =>
    Buffer.concat(frames.filter((frame) => frame.type === type).map(({ body }) => body));
  return { frames, closed, of };
};

test('output is kept in two files of 1 MiB at most, the older dropped', options, async (t) => {
  const monitor = await start(t);
  const bytes = Buffer.alloc(3 * MiB + 5, 'abcdefg');
  await monitor.write(bytes);
  await monitor.end();
  assert.deepEqual([monitor.size('output'), monitor.size('output.1')], [5, MiB]);
  assert.ok(
    bytes
      .subarray(2 * MiB)
      .equals(Buffer.concat([monitor.read('output.1'), monitor.read('output')])),
  );
  for (const name of ['output', 'attach']) {
    assert.equal(statSync(join(monitor.directory, name)).mode & 0o777, 0o600, name);
  }
});

test('a client has the last output, then what comes, then the exit code', options, async (t) => {
  const monitor = await start(t);
  await monitor.write(Buffer.concat([Buffer.alloc(10_000, 'x'), Buffer.from('last\n')]));
  await waitUntil('the output', () => monitor.size('output') === 10_005);
  const client = await attach(monitor.directory);
  await waitUntil('the end of the past', () => client.frames.some(({ body }) => body.length === 0));
  assert.equal(client.of('p').toString(), `${'x'.repeat(8187)}last\n`);
  await monitor.write('now\0\xff');
  await waitUntil('the output', () => client.of('1').length > 0);
  await monitor.end();
  await client.closed();
  assert.equal(client.of('1').toString(), 'now\0\xff');
  assert.deepEqual(client.frames.at(-1), { type: 'x', body: Buffer.from([7]) });
});

test(
  'input, its end, and windows of a terminal become frames for the guest',
  options,
  async (t) => {
    const monitor = await start(t);
    const client = await attach(monitor.directory);
    client.socket.write(
      Buffer.concat([
        renderFrames('I', Buffer.alloc(1500, 'i')),
        renderFrames('E', Buffer.alloc(0)),
      ]),
    );
    client.socket.write(renderFrames('I', Buffer.from('too late')));
    await waitUntil('the end', () => monitor.told().at(-3) === 'E'.charCodeAt(0));
    assert.ok(
      monitor
        .told()
        .equals(Buffer.concat([renderFrames('I', Buffer.alloc(1500, 'i')), Buffer.from('E\0\0')])),
    );
    client.socket.write(renderFrames('W', Buffer.alloc(4)));
    await client.closed();
    await monitor.end();

    const other = await start(t, [program, 'terminal']);
    await waitUntil('the first window', () => other.told().length === 7);
    const { socket, closed } = await attach(other.directory);
    socket.write(renderFrames('W', Buffer.from([24, 0, 80, 0])));
    await waitUntil('the window', () => other.told().length === 14);
    assert.equal(other.told().toString('latin1'), 'W\x04\0\0\0\0\0W\x04\0\x18\0\x50\0');
    socket.write(renderFrames('E', Buffer.alloc(0)));
    await closed();
    await other.end();
  },
);

test('one client is served at a time, and the next when it has gone', options, async (t) => {
  const monitor = await start(t);
  const first = await attach(monitor.directory);
  await waitUntil('the first', () => first.frames.length > 0);
  const second = await attach(monitor.directory);
  await second.closed();
  assert.deepEqual(second.frames, []);
  first.socket.destroy();
  await waitUntil('a third', async () => {
    const third = await attach(monitor.directory);
    await waitUntil('an answer', () => third.socket.closed || third.frames.length > 0);
    third.socket.destroy();
    return third.frames.length > 0;
  });
  await monitor.end();
});

for (const [what, bytes] of [
  ['too long a frame', Buffer.from('I\x01\x04')],
  ['an unknown type', Buffer.from('X\0\0')],
  ['a window of no terminal', renderFrames('W', Buffer.alloc(4))],
] as const) {
  test(`a client that sends ${what} is dropped`, options, async (t) => {
    const monitor = await start(t);
    const client = await attach(monitor.directory);
    client.socket.write(bytes);
    await client.closed();
    await monitor.write('on');
    await waitUntil('the output', () => monitor.size('output') === 2);
    await monitor.end();
    assert.equal(monitor.told().length, 0);
  });
}

test(
  'a client that does not read misses output, is told how much, and delays nothing',
  options,
  async (t) => {
    const monitor = await start(t);
    const socket = connect(join(monitor.directory, 'attach'));
    const bytes = Buffer.alloc(2 * MiB, 'o');
    // It is served, and reads no further.
    await once(socket, 'readable');
    await monitor.write(bytes);
    await waitUntil(
      'all is kept',
      () => monitor.size('output') + monitor.size('output.1') >= 2 * MiB,
    );
    const { frames, closed, of } = collect(socket);
    socket.resume();
    const missed = (): number =>
      frames
        .filter(({ type }) => type === 'm')
        .reduce((sum, { body }) => sum + body.readUInt32LE(0), 0);
    const accounted = (): number => of('p').length + of('1').length + missed();
    await waitUntil('an account of all', () => accounted() === bytes.length);
    await monitor.write('end');
    await monitor.end();
    await closed();
    assert.ok(missed() > 0);
    assert.equal(accounted(), bytes.length + 3);
    assert.equal(of('1').subarray(-3).toString(), 'end');
    assert.equal(frames.at(-1)?.type, 'x');
  },
);

test('with no room on the disk the output goes on, unkept', options, async (t) => {
  // Files of 1024 bytes at most: what a write beyond says is not ENOSPC, but comes to the same.
  const monitor = await start(t, ['prlimit', '--fsize=1024', program]);
  const client = await attach(monitor.directory);
  await monitor.write(Buffer.alloc(5000, 'y'));
  await waitUntil('the output', () => client.of('1').length + client.of('p').length === 5000);
  assert.equal(monitor.size('output'), 1024);
  await monitor.end();
});

const noMonitor = (): string | false => {
  if (process.getuid?.() !== 0) return 'only root makes namespaces';
  return existsSync('/dev/xen/gntdev') ? 'this is a Dom0' : false;
};

test(
  "an error of the monitor's own is kept, and its exit code told",
  { skip: noMonitor() },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const args = [
      'run',
      `--state=${directory}`,
      '--id=web',
      '--slot=1',
      '--xl=/bin/true',
      '--keep-output',
    ];
    const child = spawn(monitorProgram, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    const control = child.stdio[3];
    assert.ok(control instanceof Socket);
    control.write('commit\n');
    await waitUntil('its socket', () => existsSync(join(directory, 'attach')));
    const { closed, frames, of } = await attach(directory);
    await waitUntil('the past', () => frames.length > 0);
    control.write('name web-1\ndomain\n');
    await closed();
    const said =
      'runx: container web: /dev/xen/gntdev and /dev/xen/evtchn: No such file or directory\n';
    assert.equal(of('1').toString(), said);
    assert.equal(readFileSync(join(directory, 'output'), 'utf8'), said);
    assert.deepEqual(frames.at(-1), { type: 'x', body: Buffer.from([1]) });
  },
);
