import { execOptions } from './exec-options.ts';
import { type GlobalName, globalOptions } from './global-options.ts';
import { type OptionTable, canBeValue, isOption, readOption, spellingsOf } from './option-word.ts';
import { psOptions } from './ps-options.ts';

/** What a command line says before a parser has read it. */
export interface CommandLine {
  /** The words that are runx's to understand. */
  readonly own: readonly string[];
  /**
   * The words behind them, which runx passes on as they are, such as the program of
   * exec and its options; undefined while the next word would still be runx's own.
   */
  readonly passedOn: readonly string[] | undefined;
  readonly command: string | undefined;
  /** The global options as they were last given, a flag as `true` or `false`. */
  readonly globals: Readonly<Partial<Record<GlobalName, string>>>;
}

/** The commands whose words behind the id are passed on, with their options. */
const passingCommands = new Map<string, OptionTable>([
  ['exec', execOptions],
  ['ps', psOptions],
]);

/**
 * Finds where runx's own words end, and the global options among them, as yargs would and
 * without loading it: errors are logged even when the command line is what is wrong, and
 * no option of a program in a container is ever taken for one of runx's.
 */
export const scanCommandLine = (argv: readonly string[]): CommandLine => {
  const globals: Partial<Record<GlobalName, string>> = {};
  let command: string | undefined;
  let spellings = spellingsOf(globalOptions);
  const ownUpTo = (end: number, passedOn?: readonly string[]): CommandLine => ({
    own: argv.slice(0, end),
    passedOn,
    command,
    globals,
  });
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const next = argv[index + 1];
    if (word === '--') return ownUpTo(index, argv.slice(index + 1));
    if (isOption(word)) {
      const { name, value, takesNext } = readOption(word, next, spellings);
      if (isGlobal(name) && value !== undefined) globals[name] = value;
      const isUnknown = name === undefined && command === undefined;
      if (takesNext || (isUnknown && mayBeValueOfUnknown(next))) index += 1;
    } else if (command === undefined) {
      command = word;
      spellings = spellingsOf({ ...globalOptions, ...passingCommands.get(command) });
    } else if (passingCommands.has(command)) {
      return ownUpTo(index + 1, argv.slice(next === '--' ? index + 2 : index + 1));
    }
  }
  return ownUpTo(argv.length);
};

const isGlobal = (name: string | undefined): name is GlobalName =>
  name !== undefined && Object.hasOwn(globalOptions, name);

// Where runx does not have the option, its own words must rather end too early than too late.
const mayBeValueOfUnknown = (next: string | undefined): boolean =>
  next !== undefined && canBeValue(next) && !passingCommands.has(next);
