import yargs, { type Argv, type PositionalOptions } from 'yargs';

import { UsageError } from '../errors.ts';
import { renderVersion } from '../version.ts';
import type { Arguments, Command } from './command.ts';
import type { CommandLine } from './command-line.ts';
import { loadCommands } from './commands.ts';
import { type GlobalOptions, globalOptions } from './global-options.ts';

const lists = new Set([
  '_',
  '--',
  'command',
  'args',
  'ids',
  'env',
  'e',
  'additional-gids',
  'additionalGids',
  'g',
  'cap',
  'c',
]);

// An option that is given twice has its last value, as with runc, unless it is a list.
const keepLast = (args: Record<string, unknown>): void => {
  for (const [name, value] of Object.entries(args)) {
    if (Array.isArray(value) && !lists.has(name)) args[name] = value.at(-1);
  }
};

/** How yargs reads words; scanCommandLine has to read them in the same way. */
export const parserConfiguration = {
  // --no-pivot and --no-new-keyring are options of their own.
  'boolean-negation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'greedy-arrays': false,
} as const;

/** Declares a command to yargs. */
export const addCommand = (parser: Argv<GlobalOptions>, spec: Command): void => {
  const { command, describe, details, exitCodes = [], positionals, options, examples } = spec;
  const codes = exitCodes.map(([code, meaning]) => `Exit code ${code}: ${meaning}.`).join('\n');
  const epilogue = [...details, ...(codes === '' ? [] : [codes])].join('\n\n');
  parser.command({
    command,
    describe,
    builder: (y) => {
      for (const [name, option] of Object.entries(positionals)) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- words use what both have
        y.positional(name, option as PositionalOptions);
      }
      y.options(options).epilogue(epilogue.replaceAll('`', ''));
      for (const [line, meaning] of examples) y.example(line, meaning);
      return y;
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as parserConfiguration has them
    handler: (args) => spec.run(args as unknown as Arguments),
  });
};

/** A parser that has no commands yet, for words as they stand behind runx. */
export const makeBareParser = (argv: readonly string[]): Argv<GlobalOptions> =>
  yargs([...argv])
    .scriptName('runx')
    .usage('$0 [options] COMMAND\n\nRuns OCI containers as Xen domains.')
    .options(globalOptions)
    .middleware(keepLast, true)
    // Reached by what yargs takes for no command, such as: runx -- create
    .command('$0', false, {}, () => {
      throw new UsageError('no command given');
    })
    .parserConfiguration(parserConfiguration)
    .version(renderVersion())
    .strict()
    .demandCommand(1, 'no command given')
    .wrap(process.stdout.isTTY ? Math.min(100, process.stdout.columns) : 100)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error: unknown) => {
      // yargs' own errors are errors of the command line.
      throw error instanceof Error && error.name !== 'YError' ? error : new UsageError(message);
    });

/** The parser of all commands. */
export const makeParser = async (argv: readonly string[]): Promise<Argv<GlobalOptions>> => {
  const parser = makeBareParser(argv);
  for (const command of await loadCommands()) addCommand(parser, command);
  return parser;
};

/** Has yargs run what the command line names, or print its help, or say what is wrong with it. */
export const parseByYargs = async ({ own, passedOn }: CommandLine): Promise<void> => {
  const words = [...own, ...(passedOn === undefined ? [] : ['--', ...passedOn])];
  await (await makeParser(words)).parseAsync();
};
