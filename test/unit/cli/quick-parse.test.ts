import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Options } from 'yargs';

import { scanCommandLine } from '../../../src/cli/command-line.ts';
import { type Arguments, defineCommand } from '../../../src/cli/command.ts';
import { loadCommands } from '../../../src/cli/commands.ts';
import { globalOptions } from '../../../src/cli/global-options.ts';
import { parseQuickly } from '../../../src/cli/quick-parse.ts';
import { addCommand, makeBareParser } from '../../../src/cli/yargs-parse.ts';
import { randomNumbers } from '../../support/random-text.ts';

const commands = await loadCommands();

/** What yargs gives the command's handler; undefined where it finds an error or prints help. */
const askYargs = async (argv: readonly string[]): Promise<Arguments | undefined> => {
  const { own, passedOn } = scanCommandLine(argv);
  let taken: Arguments | undefined;
  const parser = makeBareParser([...own, ...(passedOn === undefined ? [] : ['--', ...passedOn])]);
  for (const command of commands) {
    addCommand(parser, {
      ...command,
      run: async (args) => {
        taken = args;
      },
    });
  }
  try {
    await parser.help(false).version(false).parseAsync();
  } catch {
    return undefined;
  }
  return taken;
};

const ask = (argv: readonly string[]): Arguments | undefined => {
  const line = scanCommandLine(argv);
  const command = commands.find((one) => one.command.split(' ')[0] === line.command);
  return command && parseQuickly(line, command);
};

const odd = [
  '-5 - -- true false web --help --nosuch --nosuch=x -te -e=A=b --force=x --root= --format=xml',
  '--logFormat --consoleSocket /s -q5 --debug=false --systemd-cgroup',
].flatMap((line) => line.split(' '));

test('where the quick parser answers, yargs gives the command the same arguments', async (t) => {
  const below = randomNumbers(t);
  const pick = <T>(list: readonly T[]): T | undefined => list[below(list.length)];
  const values = ['/x', 'A=b', '5', 'json', 'table', 'text', 'web', '-1'];
  let compared = 0;
  for (let count = 0; count < 1500; count += 1) {
    const command = pick(commands);
    if (command === undefined) continue;
    const [name = ''] = command.command.split(' ');
    const options = Object.entries<Options>({ ...globalOptions, ...command.options });
    const argv = [name, ...(below(4) > 0 && command.command.includes('<id>') ? ['web'] : [])];
    for (let more = below(4); more > 0; more -= 1) {
      const [option, { alias, type }] = pick(options) ?? ['', {}];
      const spelled = below(3) === 0 && typeof alias === 'string' ? `-${alias}` : `--${option}`;
      const value = type === 'boolean' ? [] : [pick(values) ?? ''];
      const given =
        below(3) === 0 && spelled.startsWith('--')
          ? [[spelled, ...value].join('=')]
          : [spelled, ...value];
      argv.splice(below(argv.length + 1), 0, ...given);
    }
    if (below(3) === 0) argv.splice(below(argv.length + 1), 0, pick(odd) ?? '');
    const quick = ask(argv);
    if (quick === undefined) continue;
    const given = await askYargs(argv);
    assert.ok(given, argv.join(' '));
    const declared = options.map(([option]) => option);
    for (const key of new Set([...Object.keys(quick), ...declared])) {
      assert.deepEqual(given[key], quick[key], `${key} of: ${argv.join(' ')}`);
    }
    compared += 1;
  }
  assert.ok(compared > 300, `${compared} lines were compared`);
});

test("engines' lines need no yargs", () => {
  const lines = [
    'state web',
    '--root /run/x --log /l --log-format json create --bundle /b --pid-file /p web',
    '--root=/r start web',
    '--root /r --systemd-cgroup kill --all web 9',
    'delete --force web',
    'exec --process /p --detach --pid-file /f web',
    'exec -e A=b --tty --cwd / web sh -c ls',
    'ps --format json web',
    'pause web',
    'resume web',
    'list',
    'events --stats web',
    'run -d --bundle /b web',
  ];
  for (const line of lines) assert.ok(ask(line.split(' ')), line);
});

test('what is wrong, or asks for help, is left to yargs', () => {
  const lines = [
    'state',
    'state web more',
    'state --help',
    'state --nosuch web',
    'list --format xml',
    'list --format',
    'kill --all=perhaps web',
    'state -- web',
    'nosuch web',
  ];
  for (const line of lines) assert.equal(ask(line.split(' ')), undefined, line);
});

test('a command has the defaults of its declaration', () => {
  const command = defineCommand({
    command: 'paint <id>',
    describe: '',
    details: [],
    options: { 'coat-count': { type: 'string', default: 'two' } },
    handler: async () => {},
  });
  const args = parseQuickly(scanCommandLine(['paint', 'web']), command);
  assert.deepEqual([args?.['id'], args?.['coatCount']], ['web', 'two']);
});
