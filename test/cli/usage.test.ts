import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertPrints } from '../support/assert-result.ts';
import { cliProgram } from '../support/built-cli.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { assertGolden } from '../support/golden.ts';
import { startCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const commands = [
  'create',
  'start',
  'state',
  'kill',
  'delete',
  'run',
  'exec',
  'logs',
  'console',
  'pause',
  'resume',
  'list',
  'ps',
  'top',
  'events',
  'update',
  'spec',
  'features',
  'gc',
  'check',
  'completion',
];

describe('runx', { concurrency: 4 }, () => {
  for (const option of ['--version', '-v']) {
    test(`${option} is two lines: its own version and that of the specification`, async (t) => {
      const metadata: { version: string } = JSON.parse(
        await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
      );
      const { result } = startCli([option], { directory: await temporaryDirectory(t) });
      assertPrints(await result, `runx version ${metadata.version}\nspec: 1.2.0\n`);
    });
  }

  test('--version behind other options prints the same', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const { stdout } = await dom0.runx(['--debug', '--version']);
    assert.match(stdout, /^runx version \S+\nspec: \S+\n$/);
  });

  test('--help of every command', async (t) => {
    const directory = await temporaryDirectory(t);
    const texts: string[] = [];
    for (const args of [['--help'], ...commands.map((command) => [command, '--help'])]) {
      const result = await startCli(args, { directory }).result;
      assert.deepEqual([result.exitCode, result.stderr], [0, '']);
      texts.push(`$ runx ${args.join(' ')}\n${result.stdout}`);
    }
    await assertGolden('help.txt', texts.join('\n'));
  });

  const wrong: readonly [what: string, args: readonly string[]][] = [
    ['no command', []],
    ['an unknown command', ['frobnicate', 'web']],
    ['a command that resembles one', ['creat', 'web']],
    ['an unknown option', ['create', '--frobnicate=1', 'web']],
    ['an unknown option before the command', ['--frobnicate', 'list']],
    ['a command without its id', ['start']],
    ['a word too many', ['start', 'web', 'now']],
    ['a value that is no choice', ['list', '--format', 'yaml']],
    ['an unknown log format', ['--log-format', 'xml', 'list']],
    ['a command behind --', ['--', 'create', 'web']],
    ['an option without its value', ['list', '--root']],
    ['a log format that is missing', ['list', '--log-format']],
  ];
  for (const [what, args] of wrong) {
    test(`${what} is an error in one line, and nothing is done`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      const { exitCode, stdout, stderr } = await dom0.runx(args);
      assert.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: '' });
      assert.match(stderr, /^runx: [^\n]+ \(see runx --help\)\n$/);
      assert.equal(dom0.exists('root'), false);
    });
  }

  test('an unknown command is named', async (t) => {
    const dom0 = await makeFakeDom0(t);
    for (const command of ['frobnicate', 'nope', 'checkpoint']) {
      const { stderr } = await dom0.runx([command, 'web']);
      assert.match(stderr, new RegExp(`\\b${command}\\b`));
    }
  });

  test('a current directory that is gone is an error in one line', async (t) => {
    const directory = await temporaryDirectory(t);
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" list';
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', script, process.execPath, cliProgram],
      { cwd: directory, encoding: 'utf8' },
    );
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(stderr, 'runx: the current directory no longer exists: change to one that does\n');
  });

  test("messages are the same in the caller's language", async (t) => {
    const dom0 = await makeFakeDom0(t);
    const english = await dom0.runx(['start']);
    const env = { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de' };
    assert.deepEqual(await dom0.runx(['start'], { env }), english);
  });
});
