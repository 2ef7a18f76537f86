import { print } from './print.ts';
import { scanCommandLine } from './command-line.ts';
import { commandLoaders } from './commands.ts';
import { parseQuickly } from './quick-parse.ts';

/** Runs the command that the command line names. */
export const runCommandLine = async (argv: readonly string[]): Promise<void> => {
  const [first, ...words] = argv;
  if (first === '--complete') {
    // The scripts of runx completion call it, with the words behind runx.
    const { findCompletions } = await import('./complete.ts');
    const found = await findCompletions(words);
    await print(found.map((word) => `${word}\n`).join(''));
    return;
  }
  const line = scanCommandLine(argv);
  const { command: name = '' } = line;
  if (Object.hasOwn(commandLoaders, name)) {
    const command = await commandLoaders[name]?.();
    const args = command && parseQuickly(line, command);
    if (args !== undefined) return command?.run(args);
  }
  const { parseByYargs } = await import('./yargs-parse.ts');
  return parseByYargs(line);
};
