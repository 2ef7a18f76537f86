import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import yargs from 'yargs';

import { scanCommandLine } from '../../../src/cli/command-line.ts';
import { execOptions } from '../../../src/cli/exec-options.ts';
import { globalOptions } from '../../../src/cli/global-options.ts';
import { parserConfiguration } from '../../../src/cli/yargs-parse.ts';
import { psOptions } from '../../../src/cli/ps-options.ts';
import { randomNumbers } from '../../support/random-text.ts';

describe("where runx's own words end", () => {
  // Before the bar are its own; without one, the next word would be, too.
  const lines: readonly string[] = [
    'exec web | ls -l',
    '--root /x --debug exec -e A=b --tty web | ls -t',
    '--root=/x exec --env=A=b web | ls',
    '--debug true exec --tty false web | ls',
    'exec -te A=b web | ls',
    'exec -e=A=b -g5 web | ls',
    'exec -u -1 web | ls',
    'exec - | ls',
    'exec --root /x web |',
    'exec --consoleSocket /x web | ls',
    'ps -f json web | -o pid',
    'exec',
    'exec -e',
    'run --bundle exec web',
    '--root exec list',
    'delete exec --force',
    'exec --frobnicate web | ls',
    '--frobnicate exec web | ls',
    '--frobnicate x exec web | ls',
    '--help exec web | ls',
  ];
  for (const line of lines) {
    const bar = line.indexOf('|');
    const own = line.slice(0, bar === -1 ? undefined : bar).trim();
    const passedOn = line.slice(bar + 1).trim();
    test(line, () => {
      const argv = line.split(' ').filter((word) => word !== '|');
      const found = scanCommandLine(argv);
      assert.equal(found.own.join(' '), own);
      assert.equal(found.passedOn?.join(' '), bar === -1 ? undefined : passedOn);
    });
  }

  const separated: readonly [line: string, own: string, passedOn: string][] = [
    ['exec web -- ls', 'exec web', 'ls'],
    ['exec web -- -- ls', 'exec web', '-- ls'],
    ['exec web ls -- -l', 'exec web', 'ls -- -l'],
    ['exec --tty -- web ls', 'exec --tty', 'web ls'],
    ['-- exec web ls', '', 'exec web ls'],
    ['list -- --debug', 'list', '--debug'],
    ['--root -- list', '--root', 'list'],
  ];
  for (const [line, own, passedOn] of separated) {
    test(line, () => {
      const found = scanCommandLine(line.split(' '));
      assert.equal(found.own.join(' '), own);
      assert.equal(found.passedOn?.join(' '), passedOn);
    });
  }
});

describe('global options among them', () => {
  const lines: readonly [line: string, globals: object][] = [
    ['--log=/a --log-format=json --debug list', { log: '/a', 'log-format': 'json', debug: 'true' }],
    ['--log /a list --logFormat json', { log: '/a', 'log-format': 'json' }],
    ['--log /a --log=/b list', { log: '/b' }],
    ['--log=a=b list', { log: 'a=b' }],
    ['--log= list', { log: '' }],
    ['--debug --debug=false list', { debug: 'false' }],
    ['--debug false list', { debug: 'false' }],
    ['--log --debug list', { debug: 'true' }],
    ['--root -5 list --log', { root: '-5' }],
    ['exec --log /a web tool --log /b --debug', { log: '/a' }],
    ['kill --log /a web', { log: '/a' }],
    ['kill web -- --log /a', {}],
    ['--logs /a list', {}],
    ['--toString /a list', {}],
  ];
  for (const [line, globals] of lines) {
    test(line, () => {
      assert.deepEqual(scanCommandLine(line.split(' ')).globals, globals);
    });
  }
});

type Options = (typeof passing)[keyof typeof passing];

const passing = { exec: execOptions, ps: psOptions };
const noOptions = {} as const;

/** What yargs makes of runx's own words; undefined where it finds an error. */
const askYargs = (own: readonly string[], options: Options | typeof noOptions) => {
  let failed = false;
  const args = yargs([])
    .options({ ...globalOptions, ...options })
    .parserConfiguration(parserConfiguration)
    .strictOptions()
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail(() => {
      failed = true;
    })
    .parseSync([...own]);
  if (failed) return undefined;
  const last = (value: unknown): unknown => (Array.isArray(value) ? value.at(-1) : value);
  const { root, log, logFormat, debug } = args;
  const globals = { root: last(root), log: last(log), logFormat: last(logFormat), debug };
  return { positionals: args._, globals };
};

const words = [
  'exec ps list web tool - -5 true false -- json A=b',
  '--root --root=/x --log --log=/y --log-format=json --log-format --logFormat',
  '--debug --debug=false -t -te -d --env -e -e=A=b --tty -g5 --user -f --format',
].flatMap((line) => line.split(' '));

test('of lines without errors, yargs finds the same', (t) => {
  const below = randomNumbers(t);
  let compared = 0;
  for (let count = 0; count < 1500; count += 1) {
    const commands = ['exec', 'ps', 'list', '--root', '--debug'];
    const first = commands[below(commands.length)] ?? '';
    const others = Array.from({ length: below(9) }, () => words[below(words.length)] ?? '');
    const argv = [first, ...others];
    const line = argv.join(' ');
    const { own, passedOn, command, globals } = scanCommandLine(argv);
    const isPassing = command === 'exec' || command === 'ps';
    const before = askYargs(own.slice(0, own.indexOf(command ?? '')), noOptions);
    const found = askYargs(own, isPassing ? passing[command] : noOptions);
    if (before === undefined || found === undefined) continue;
    compared += 1;
    assert.equal(found.positionals[0], command, line);
    assert.deepEqual(
      {
        root: globals.root,
        log: globals.log,
        logFormat: globals['log-format'] ?? 'text',
        debug: globals.debug === 'true',
      },
      found.globals,
      line,
    );
    if (isPassing) {
      // The command, and the id where runx's own words end with it.
      const endsWithId = passedOn !== undefined && argv[own.length - 1] === found.positionals[1];
      assert.equal(found.positionals.length, endsWithId ? 2 : 1, line);
      assert.ok(endsWithId || passedOn === undefined || argv[own.length] === '--', line);
    }
  }
  assert.ok(compared > 200, `${compared} lines were compared`);
});
