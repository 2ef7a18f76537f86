import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import {
  makeCreated,
  makeRunning,
  makeStopped,
  startTimeOf,
} from '../support/created-container.ts';
import type { FakeDom0 } from '../support/fake-dom0.ts';
import { waitUntil } from '../support/wait-until.ts';

const changes = {
  process: {
    args: ['/bin/program'],
    cwd: '/srv',
    env: ['A=1'],
    user: { uid: 5, gid: 6, additionalGids: [7] },
    capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] },
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }],
  },
};

/** What the guest would be told to run. */
const record = (dom0: FakeDom0): readonly string[] =>
  readFileSync(dom0.path('added-process'), 'utf8').split('\0').slice(0, -1);

const execCall = (dom0: FakeDom0, domain: string, ...more: string[]): string[] => [
  'exec',
  `--state=${dom0.path('root/web')}`,
  '--id=web',
  '--slot=1',
  `--domain=${domain}`,
  '--domid=7',
  ...more,
];

describe('runx exec', { concurrency: 4 }, () => {
  test("runs a command as the container's own process is, and exits as it does", async (t) => {
    const { dom0, domain, xlCallsSince } = await makeRunning(t, changes);
    await dom0.plan('exec-stdout', 'said\n');
    await dom0.plan('exec-exit-code', '42');
    const result = await dom0.runx(['exec', 'web', 'ls', '-l', '--', '-e', 'x']);
    assert.deepEqual(result, { exitCode: 42, signal: null, stdout: 'said\n', stderr: '' });
    assert.deepEqual(dom0.monitorCalls().slice(1), [execCall(dom0, domain)]);
    assert.deepEqual(xlCallsSince(), []);
    // The others are the caller's.
    const others = /^rlimit (?!7 )/;
    assert.equal(record(dom0).filter((line) => others.test(line)).length, 15);
    assert.deepEqual(
      record(dom0).filter((line) => !others.test(line)),
      [
        'arg ls',
        'arg -l',
        'arg --',
        'arg -e',
        'arg x',
        'env A=1',
        'cwd /srv',
        'uid 5',
        'gid 6',
        'group 7',
        'terminal 0',
        'no-new-privileges 0',
        'capability-bounding 20',
        'capability-effective 20',
        'capability-permitted 20',
        'capability-inheritable 0',
        'capability-ambient 0',
        'rlimit 7 10 20',
        'slot 1',
        'namespaces 0',
      ],
    );
  });

  test('its options change what it says', async (t) => {
    const { dom0 } = await makeRunning(t, changes);
    await dom0.plan('exec-exit-code', '0');
    const options =
      '-e B=2 --env C=3 --cwd /tmp --user 8:9 -g 10 --additional-gids 11 -c CAP_CHOWN --no-new-privs';
    const { exitCode, stderr } = await dom0.runx(['exec', ...options.split(' '), 'web', 'id']);
    assert.deepEqual([exitCode, stderr], [0, '']);
    const words = record(dom0);
    for (const line of [
      'env A=1',
      'env B=2',
      'env C=3',
      'cwd /tmp',
      'uid 8',
      'gid 9',
      'group 7',
      'group 10',
      'group 11',
      'no-new-privileges 1',
      'capability-bounding 21',
      'capability-inheritable 0',
      'capability-ambient 0',
    ]) {
      assert.ok(words.includes(line), line);
    }
  });

  test('a capability that there is not is a warning', async (t) => {
    const { dom0 } = await makeRunning(t, changes);
    await dom0.plan('exec-exit-code', '0');
    const { exitCode, stderr } = await dom0.runx(['exec', '-c', 'CAP_NO', 'web', 'ls']);
    assert.deepEqual(
      [exitCode, stderr],
      [0, 'runx: warn: ignoring the unknown capability "CAP_NO"\n'],
    );
  });

  test('--process is the whole process, also when config.json has gone', async (t) => {
    const { dom0, bundle } = await makeRunning(t, changes);
    rmSync(bundle, { recursive: true });
    await dom0.plan('exec-exit-code', '0');
    const file = dom0.path('process.json');
    await writeFile(file, JSON.stringify({ args: ['sh'], cwd: '/', user: { uid: 1, gid: 2 } }));
    const pidFile = dom0.path('pid');
    const args = ['exec', '--process', file, '--detach', '--pid-file', pidFile, 'web'];
    const { exitCode, stderr } = await dom0.runx(args);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.deepEqual(record(dom0).slice(0, 4), ['arg sh', 'cwd /', 'uid 1', 'gid 2']);
    assert.match(readFileSync(pidFile, 'utf8'), /^\d+$/);
  });

  test('detached, it returns while the process runs, which is remembered', async (t) => {
    const { dom0 } = await makeRunning(t, changes);
    const pidFile = dom0.path('pid');
    const { exitCode } = await dom0.runx([
      'exec',
      '-d',
      '--pid-file',
      pidFile,
      'web',
      'sleep',
      '9',
    ]);
    assert.equal(exitCode, 0);
    const [pid = 0] = dom0.execMonitors();
    assert.equal(readFileSync(pidFile, 'utf8'), String(pid));
    assert.deepEqual(readdirSync(dom0.path('root/web/exec')), [String(pid)]);
    assert.equal(readFileSync(dom0.path(`root/web/exec/${pid}`), 'utf8'), await startTimeOf(pid));
  });

  test('in the foreground, signals go to the process', async (t) => {
    const { dom0 } = await makeRunning(t, changes);
    const running = dom0.startRunx(['exec', '--pid-file', dom0.path('pid'), 'web', 'sleep', '9']);
    await waitUntil('the process', () => dom0.exists('pid'));
    running.process.kill('SIGUSR1');
    running.process.kill('SIGTERM');
    await waitUntil('the signals', () => dom0.lines('signals').length === 2);
    await dom0.plan('exec-exit-code', '143');
    assert.equal((await running.result).exitCode, 143);
    assert.deepEqual([...dom0.lines('signals')].toSorted(), ['SIGTERM', 'SIGUSR1']);
  });

  test('a monitor that is killed is a process that is: 137', async (t) => {
    const { dom0 } = await makeRunning(t, changes);
    const running = dom0.startRunx(['exec', '--pid-file', dom0.path('pid'), 'web', 'sleep', '9']);
    await waitUntil('the process', () => dom0.exists('pid'));
    process.kill(Number(readFileSync(dom0.path('pid'), 'utf8')), 'SIGKILL');
    assert.equal((await running.result).exitCode, 137);
  });

  test('a process that the guest cannot start is an error with exit code 255', async (t) => {
    const { dom0 } = await makeRunning(t, changes);
    const said = 'exec: "nosuch": executable file not found in $PATH';
    await dom0.plan('exec-error', said);
    const pidFile = dom0.path('pid');
    const result = await dom0.runx(['exec', '--pid-file', pidFile, 'web', 'nosuch']);
    assert.deepEqual(result, {
      exitCode: 255,
      signal: null,
      stdout: '',
      stderr: `runx: ${said}\n`,
    });
    assert.equal(dom0.exists('pid'), false);
    await waitUntil('the end of its monitor', () => dom0.execMonitors().length === 0);
  });

  const refused: readonly [what: string, args: readonly string[], message: RegExp][] = [
    ['no command', ['web'], /^runx: no command: give a command after the id, or use --process/],
    ['no id', [], /^runx: Not enough non-option arguments/],
    ['an unknown id', ['nosuch', 'ls'], /^runx: container does not exist$/m],
    [
      'a user that is no number',
      ['-u', 'root', 'web', 'ls'],
      /^runx: --user: "root" is not a numeric id$/m,
    ],
    [
      'a variable with no value',
      ['-e', 'A', 'web', 'ls'],
      /^runx: exec: env\.\d: must be NAME=value$/m,
    ],
    [
      'a relative directory',
      ['--cwd', 'a', 'web', 'ls'],
      /^runx: exec: cwd: must be an absolute path$/m,
    ],
    ['a missing --process', ['--process', '/nosuch', 'web'], /^runx: --process \/nosuch: ENOENT/],
    [
      'a terminal, detached, with no socket',
      ['-t', '-d', 'web', 'ls'],
      /^runx: cannot allocate tty if runx will detach without setting console socket$/m,
    ],
    [
      'a socket for no terminal',
      ['-d', '--console-socket', '/tmp/x', 'web', 'ls'],
      /^runx: cannot use console socket if runx will not detach or allocate tty$/m,
    ],
  ];
  for (const [what, args, message] of refused) {
    test(`${what} is refused, exit code 255 but for usage`, async (t) => {
      const { dom0 } = await makeRunning(t, changes);
      const { exitCode, stdout, stderr } = await dom0.runx(['exec', ...args]);
      assert.match(stderr, message);
      assert.equal(stdout, '');
      assert.equal(exitCode, what === 'no id' ? 1 : 255);
      assert.deepEqual(dom0.monitorCalls().slice(1), []);
    });
  }

  test('a created container takes one', async (t) => {
    const { dom0, status } = await makeCreated(t, changes);
    await dom0.plan('exec-exit-code', '3');
    const { exitCode, stderr } = await dom0.runx(['exec', 'web', 'ls']);
    assert.deepEqual([exitCode, stderr], [3, '']);
    assert.equal(await status(), 'created');
  });

  test('a stopped container is refused', async (t) => {
    const { dom0 } = await makeStopped(t, changes);
    const { exitCode, stderr } = await dom0.runx(['exec', 'web', 'ls']);
    assert.deepEqual([exitCode, stderr], [255, 'runx: cannot exec in a stopped container\n']);
  });
});
