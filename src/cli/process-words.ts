import type { Options } from 'yargs';

type OptionTable = Readonly<Record<string, Options>>;

/** Every spelling of the options that take a word. */
const namesWithValue = (options: OptionTable): ReadonlySet<string> =>
  new Set(
    Object.entries(options)
      .filter(([, option]) => option.type === 'string' || option.choices !== undefined)
      .flatMap(([name, { alias }]) => [
        `--${name}`,
        ...(typeof alias === 'string' ? [`-${alias}`] : []),
      ]),
  );

/** Whether the option's value is the next word: --env A=b, -te A=b, but not -eA=b. */
const takesNext = (word: string, withValue: ReadonlySet<string>): boolean => {
  if (word.startsWith('--')) return withValue.has(word);
  const letters = word.slice(1).split('');
  const first = letters.findIndex((letter) => withValue.has(`-${letter}`));
  return first !== -1 && first === letters.length - 1;
};

/** Index of the first word from `start` on that is neither an option nor an option's value. */
const findPositional = (
  argv: readonly string[],
  start: number,
  options: OptionTable,
): number | undefined => {
  const withValue = namesWithValue(options);
  for (let index = start; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-') || word === '-') return index;
    if (word === '--') return undefined;
    if (takesNext(word, withValue)) index += 1;
  }
  return undefined;
};

/**
 * The command line with `--` before the words of a command that runx only passes on,
 * so that their options are not taken for its own: runx exec ID ls -l.
 */
export const separateProcessWords = (
  argv: readonly string[],
  globals: OptionTable,
  commands: Readonly<Record<string, OptionTable>>,
): readonly string[] => {
  const command = findPositional(argv, 0, globals);
  const options = command === undefined ? undefined : commands[argv[command] ?? ''];
  if (command === undefined || options === undefined) return argv;
  const id = findPositional(argv, command + 1, { ...globals, ...options });
  if (id === undefined || id + 1 === argv.length || argv[id + 1] === '--') return argv;
  return [...argv.slice(0, id + 1), '--', ...argv.slice(id + 1)];
};
