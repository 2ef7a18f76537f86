import yargs from 'yargs';

import { UsageError } from '../errors.ts';
import { renderVersion } from '../version.ts';
import { print } from './command.ts';
import { scanCommandLine } from './command-line.ts';
import { commands } from './commands.ts';
import { globalOptions } from './global-options.ts';

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

const makeParser = (argv: readonly string[]) => {
  const parser = yargs([...argv])
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
  for (const command of commands) command.addTo(parser);
  return parser;
};

/** Runs the command that the command line names. */
export const runCommandLine = async (argv: readonly string[]): Promise<void> => {
  const [first, ...words] = argv;
  if (first !== '--complete') {
    const { own, passedOn } = scanCommandLine(argv);
    await makeParser([...own, ...(passedOn === undefined ? [] : ['--', ...passedOn])]).parseAsync();
    return;
  }
  // The scripts of runx completion call it, with the words behind runx.
  const { findCompletions } = await import('./complete.ts');
  const found = await findCompletions(makeParser, words);
  await print(found.map((word) => `${word}\n`).join(''));
};
