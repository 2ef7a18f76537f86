import type { Options } from 'yargs';

import type { Arguments, CommandText } from './command.ts';
import type { CommandLine } from './command-line.ts';
import { globalOptions } from './global-options.ts';
import { type OptionTable, isOption, readOption, spellingsOf } from './option-word.ts';

const camelCase = (name: string): string =>
  name.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());

/** The names of the words that a command takes; undefined if it takes any number of them. */
const readWords = (
  command: string,
): readonly { readonly name: string; readonly isRequired: boolean }[] | undefined => {
  const words = command.split(' ').slice(1);
  if (words.some((word) => word.includes('..'))) return undefined;
  return words.map((word) => ({ name: word.slice(1, -1), isRequired: word.startsWith('<') }));
};

/** The value of an option or word; undefined if yargs must judge it. */
const readValue = (text: string, { type, choices }: Options): string | boolean | undefined => {
  if (type === 'boolean') return { true: true, false: false }[text];
  // What an empty value, or a lone dash, means is for yargs to say.
  if (text === '' || text === '-') return undefined;
  return choices === undefined || choices.includes(text) ? text : undefined;
};

/** Sets an argument, under its name with dashes too. */
const setArgument = (args: Record<string, unknown>, name: string, value: unknown): void => {
  args[name] = args[camelCase(name)] = value;
};

const defaultsOf = (options: OptionTable): Record<string, unknown> => {
  const args: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) setArgument(args, name, option.default);
  return args;
};

// Words that a command takes any number of are passed on, and no argument by name.
const singleOf = (positionals: OptionTable): OptionTable =>
  Object.fromEntries(Object.entries(positionals).filter(([, { array }]) => array !== true));

/**
 * Reads the words of a command line that has nothing unusual, as yargs would, from the declaration
 * that yargs reads.  Returns undefined for any other command line: one with an error, with --help,
 * or with words whose meaning is not plain.
 */
export const parseQuickly = (
  { own, passedOn, command: name }: CommandLine,
  { command, positionals, options }: CommandText,
): Arguments | undefined => {
  const passes = passedOn !== undefined;
  // The words that exec and ps pass on stand behind the id.
  const words = readWords(command.replace(/ \[\w+\.\.\]$/, ''));
  const takesPassed = command.endsWith('..]');
  if (words === undefined || (takesPassed && !passes) || (passes && !takesPassed)) return undefined;
  const globals: OptionTable = globalOptions;
  const all: OptionTable = { ...globals, ...options };
  const spellings = spellingsOf(all);
  const args = { ...defaultsOf(all), ...defaultsOf(singleOf(positionals)) };
  const given: string[] = [];
  for (let index = 0; index < own.length; index += 1) {
    const word = own[index] ?? '';
    if (!isOption(word)) {
      given.push(word);
      continue;
    }
    // Of a cluster of letters, such as -te, only the last one would be read here.
    if (/^-[^-]./.test(word)) return undefined;
    const {
      name: option = '',
      value: text,
      takesNext,
    } = readOption(word, own[index + 1], spellings);
    // Before the command, yargs does not know its options yet.
    const about: Options | undefined = (given.length === 0 ? globals : all)[option];
    const read = about && text !== undefined ? readValue(text, about) : undefined;
    if (about === undefined || read === undefined) return undefined;
    const before = args[option];
    const value = about.array === true ? [...(Array.isArray(before) ? before : []), read] : read;
    setArgument(args, option, value);
    if (takesNext) index += 1;
  }
  const [first, ...rest] = given;
  if (first === undefined || first !== name || rest.length > words.length) return undefined;
  for (const [index, { name: word, isRequired }] of words.entries()) {
    const text = rest[index];
    if (text === undefined && isRequired) return undefined;
    if (text === undefined) continue;
    const read = readValue(text, positionals[word] ?? {});
    if (read === undefined) return undefined;
    args[word] = read;
  }
  return { ...args, _: [first, ...(passedOn ?? [])] };
};
