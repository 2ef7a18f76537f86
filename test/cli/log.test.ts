import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { cliProgram } from '../support/built-cli.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { startCli } from '../support/run-cli.ts';

interface Entry {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const readEntries = async (file: string): Promise<readonly Entry[]> => {
  const lines = (await readFile(file, 'utf8')).split('\n');
  assert.equal(lines.pop(), '', 'the last line is whole');
  return lines.map((line): Entry => JSON.parse(line));
};

// Without the newline at the end of each line of a log.
const controls = /[^\P{Cc}\n]|\u202e/u;

const isPhase = (line: string): boolean => /^(runx: debug: )?phase /.test(line);

const failing = ['state', 'nosuch'];
const sentence = 'container does not exist';

const jsonLog = (dom0: FakeDom0): readonly string[] => [
  '--log',
  dom0.path('log'),
  '--log-format',
  'json',
];

describe('runx --log-format json', { concurrency: 4 }, () => {
  test('an error is an entry with the level as a word, an RFC 3339 time and the sentence', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertFails(await dom0.runx([...jsonLog(dom0), ...failing]), sentence);
    const [entry, ...others] = await readEntries(dom0.path('log'));
    assert.deepEqual(entry, { level: 'error', time: entry?.time, msg: sentence });
    assert.match(entry?.time ?? '', rfc3339);
    assert.ok(Math.abs(Date.now() - Date.parse(entry?.time ?? '')) < 60_000, entry?.time);
    assert.deepEqual(others, []);
  });

  test('a log that cannot be written hides neither the sentence nor the exit code', async (t) => {
    const dom0 = await makeFakeDom0(t);
    for (const format of ['json', 'text']) {
      const result = await dom0.runx(['--log', '/dev/full', '--log-format', format, ...failing]);
      assert.equal(result.exitCode, 1);
      assert.match(result.stderr, /^runx: container does not exist$/m);
      assert.match(result.stderr, /^runx: warning: --log \/dev\/full: .*no space left[^\n]*$/m);
      assert.equal(result.stderr.split('\n').length, 3);
    }
  });

  test('--log=F and --log-format=json are the same', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const args = [`--log=${dom0.path('log')}`, '--log-format=json', ...failing];
    assertFails(await dom0.runx(args), sentence);
    const entries = await readEntries(dom0.path('log'));
    assert.deepEqual(
      entries.map(({ level, msg }) => [level, msg]),
      [['error', sentence]],
    );
  });

  test('an error of the command line is an entry too', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const { exitCode, stderr } = await dom0.runx([...jsonLog(dom0), 'create']);
    assert.equal(exitCode, 1);
    const [entry] = await readEntries(dom0.path('log'));
    assert.equal(stderr, `runx: ${entry?.msg}\n`);
    assert.match(stderr, / \(see runx --help\)\n$/);
  });

  test("what a program said is in the error's entry, however it is quoted", async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('create.stderr', 'no "memory" \\ é\n');
    const bundle = await dom0.makeBundle('bundle');
    await dom0.runx([...jsonLog(dom0), 'create', '--bundle', bundle, 'web']);
    const entries = await readEntries(dom0.path('log'));
    assert.deepEqual(
      entries.map(({ msg }) => msg),
      [`${dom0.xl} create failed with exit code 3: no "memory" \\ é`],
    );
  });

  test('the last entry is the error, after the warnings', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('destroy.stderr', 'second\n');
    const bundle = await dom0.makeBundle('bundle');
    const pidFile = dom0.path('nowhere/pid');
    const args = ['create', '--bundle', bundle, '--pid-file', pidFile, 'web'];
    const { stderr } = await dom0.runx([...jsonLog(dom0), ...args]);
    assert.match(stderr, /^runx: --pid-file [^\n]*\n$/);
    const entries = await readEntries(dom0.path('log'));
    assert.deepEqual(
      entries.map(({ level }) => level),
      ['warn', 'error'],
    );
    assert.equal(`runx: ${entries[1]?.msg}\n`, stderr);
  });

  test('--debug has an entry for every program that is run, with its duration', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ rootfs: '9p', domain_type: 'pv' });
    const bundle = await dom0.makeBundle('bundle');
    assertSilent(
      await dom0.runx([...jsonLog(dom0), '--debug', 'create', '--bundle', bundle, 'web']),
    );
    const entries = (await readEntries(dom0.path('log'))).filter(({ msg }) => !isPhase(msg));
    const programs = entries.map(({ level, msg }) => {
      assert.equal(level, 'debug');
      return msg.replace(/ -> 0 in \d+ ms$/, ' (took its time)');
    });
    assert.deepEqual(programs, [
      `${dom0.path('bin/runx-monitor')} ${dom0.monitorCalls()[0]?.join(' ')}`,
      `${dom0.xl} create -e -q ${dom0.domainFile('web', 'xl.cfg')} (took its time)`,
    ]);
  });
});

describe("an image's words in an error", { concurrency: 4 }, () => {
  const name = '/bin/\u001b]0;\u009b31m\u202eevil\r\nrunx: done';
  const clean = String.raw`\u009b31m\u202eevil`;

  for (const format of ['text', 'json']) {
    test(`have no control characters on a terminal and in a log of form ${format}`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      const process = { args: [name], cwd: '/' };
      const bundle = await dom0.makeBundle('bundle', { process, annotations: { [name]: name } });
      const log = dom0.path('log');
      const options = ['--log', log, '--log-format', format, '--debug'];
      const { stderr } = await dom0.runx([...options, 'create', '--bundle', bundle, 'web']);
      assert.ok(stderr.includes(clean), stderr);
      assert.doesNotMatch(stderr.slice(0, -1), controls);
      assert.doesNotMatch(await readFile(log, 'utf8'), controls);
    });
  }

  test('have none in a warning either', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const none = '\u001b[2J\u009b';
    const process = { args: ['/bin/program'], cwd: '/', capabilities: { bounding: [none] } };
    const bundle = await dom0.makeBundle('bundle', { process });
    const { stderr } = await dom0.runx(['create', '--bundle', bundle, 'web']);
    assert.ok(stderr.includes(String.raw`\u001b[2J\u009b`), stderr);
    assert.doesNotMatch(stderr.slice(0, -1), controls);
  });
});

describe('runx --log', { concurrency: 4 }, () => {
  test('a command that succeeds leaves an empty log', async (t) => {
    const dom0 = await makeFakeDom0(t);
    for (const format of ['text', 'json']) {
      const file = dom0.path(format);
      const args = ['--log', file, '--log-format', format, 'delete', '--force', 'nosuch'];
      assertSilent(await dom0.runx(args));
      assert.equal(await readFile(file, 'utf8'), '');
    }
  });

  test('can be a descriptor of the caller, also after a program was run', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('create.stderr', 'no memory\n');
    const bundle = await dom0.makeBundle('bundle');
    const log = openSync(dom0.path('log'), 'a');
    t.after(() => closeSync(log));
    const args = ['--config', dom0.configFile, '--log', '/dev/fd/20', 'create'];
    const child = spawn(process.execPath, [cliProgram, ...args, '--bundle', bundle, 'web'], {
      stdio: ['ignore', 'ignore', 'ignore', ...Array<'ignore'>(17).fill('ignore'), log],
    });
    assert.deepEqual(await once(child, 'exit'), [1, null]);
    assert.match(await readFile(dom0.path('log'), 'utf8'), /no memory/);
  });

  test('what is in the log stays', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await writeFile(dom0.path('log'), 'before\n');
    await dom0.runx(['--log', dom0.path('log'), ...failing]);
    const [before, entry, end] = (await readFile(dom0.path('log'), 'utf8')).split('\n');
    assert.deepEqual([before, end], ['before', '']);
    assert.match(entry ?? '', /level=error/);
  });

  test('the text form is a line of time, level and quoted message', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assert.equal((await dom0.runx(['--log', dom0.path('log'), 'state', 'a"b'])).exitCode, 1);
    const text = await readFile(dom0.path('log'), 'utf8');
    const [, time = '', level, message = ''] =
      /^time="([^"]+)" level=(\w+) msg=(".*")\n$/.exec(text) ?? [];
    assert.match(time, rfc3339);
    assert.equal(level, 'error');
    assert.match(String(JSON.parse(message)), /^invalid container id "a\\"b": /);
  });

  // What stands behind the id is for the program in the container.
  for (const words of [
    ['exec', 'nosuch', 'tool'],
    ['exec', '-t', '--user', '0', 'nosuch', 'tool'],
    ['exec', 'nosuch', '--'],
    ['ps', 'nosuch'],
    ['exec', '--frobnicate', 'nosuch', 'tool'],
    ['--frobnicate', 'exec', 'nosuch', 'tool'],
    ['state', 'nosuch', '--'],
  ]) {
    test(`runx ${words.join(' ')} --log FILE --debug leaves FILE alone`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      const options = ['--log-format=json', '--log', dom0.path('log'), '--debug'];
      const { stdout, stderr } = await dom0.runx([...words, ...options]);
      assert.equal(stdout, '');
      assert.match(stderr, /^runx: [^\n]+\n$/);
      assert.doesNotMatch(stderr, /debug:/);
      assert.equal(dom0.exists('log'), false);
    });
  }

  test('the --log of a command line that is being completed is left alone', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const words = ['--config', '/no/file', '--log', dom0.path('log'), 'kill', ''];
    const options = { directory: dom0.path('output') };
    const { result } = startCli(['--complete', ...words], options);
    assertFails(await result, "/no/file: ENOENT: no such file or directory, open '/no/file'");
    assert.equal(dom0.exists('log'), false);
  });

  test('of a --log that is given twice the last one counts, wherever it stands', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const args = ['--log', dom0.path('first'), 'state', `--log=${dom0.path('second')}`, 'nosuch'];
    assertFails(await dom0.runx(args), sentence);
    assert.equal(dom0.exists('first'), false);
    assert.match(await readFile(dom0.path('second'), 'utf8'), /level=error/);
  });

  test('a --log without its value takes no option for it', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const cwd = dom0.directory;
    const { exitCode, stderr } = await dom0.runx(['--log', '--debug', 'list'], { cwd });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: Not enough arguments following: log \(see runx --help\)\n/m);
    assert.equal(dom0.exists('--debug'), false);
  });

  test('a log that cannot be opened is an error, on standard error', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const file = dom0.path('nowhere/log');
    assertFails(
      await dom0.runx(['--log', file, 'list']),
      `--log ${file}: ENOENT: no such file or directory, open '${file}'`,
    );
  });

  test('without a log, --debug speaks on standard error and results stay clean', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ rootfs: '9p', domain_type: 'pv' });
    const bundle = await dom0.makeBundle('bundle');
    const { stdout, stderr } = await dom0.runx(['--debug', 'create', '--bundle', bundle, 'web']);
    assert.equal(stdout, '');
    const lines = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !isPhase(line));
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /^runx: debug: \//);
    const list = await dom0.runx(['--debug', 'list', '-q']);
    assert.equal(list.stdout, 'web\n');
  });

  test('the durations of the phases add up to the whole, to its end', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const { stderr } = await dom0.runx(['--debug', 'create', '--bundle', bundle, 'web']);
    const phases = [...stderr.matchAll(/phase ([a-z ,]+): ([\d.]+) ms, ([\d.]+) ms/g)];
    assert.deepEqual(
      phases.map(([, name]) => name),
      [
        'loading runx',
        'reading the bundle',
        'starting the monitor',
        'hooks, networks and disks',
        'creating the domain',
        'offering devices and interfaces',
        'end',
      ],
    );
    const sum = phases.reduce((total, [, , took]) => total + Number(took), 0);
    assert.ok(Math.abs(sum - Number(phases.at(-1)?.[3])) < 1, stderr);
  });
});
