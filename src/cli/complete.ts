import type { Argv } from 'yargs';

import { loadConfig } from '../config.ts';
import { listContainers } from '../container/directory.ts';
import type { GlobalOptions } from './command.ts';

/** Commands that take the id of a container that is there. */
const withId = new Set([
  'start',
  'state',
  'kill',
  'delete',
  'pause',
  'resume',
  'exec',
  'logs',
  'console',
  'ps',
  'top',
  'events',
  'update',
]);

type MakeParser = (argv: readonly string[]) => Argv<GlobalOptions>;

/** The value of an option that stands among the words, as --root DIR or --root=DIR. */
const valueOf = (option: string, words: readonly string[]): string | undefined => {
  const index = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = words[index];
  if (word === undefined) return undefined;
  return word.includes('=') ? word.slice(option.length + 1) : words[index + 1];
};

const findIds = async (words: readonly string[]): Promise<readonly string[]> => {
  const { root } = await loadConfig(valueOf('--config', words));
  return listContainers(valueOf('--root', words) ?? root);
};

/** What yargs knows: commands, options and their choices. */
const askYargs = async (
  makeParser: MakeParser,
  words: readonly string[],
): Promise<readonly string[]> => {
  let found: readonly string[] = [];
  await makeParser(['--get-yargs-completions', 'runx', ...words])
    .completion(
      'complete',
      false,
      (
        _current: string,
        _args: unknown,
        filter: (take: (error: Error | null, known: string[] | undefined) => void) => void,
        done: (known: string[]) => void,
      ) =>
        filter((_error, known) => {
          found = known ?? [];
          done([]);
        }),
    )
    .parseAsync();
  return found;
};

/**
 * The words that can stand for the last one, which is only begun: commands, options,
 * an option's choices, ids of containers.  Where a file is wanted there are none.
 */
export const findCompletions = async (
  makeParser: MakeParser,
  words: readonly string[],
): Promise<readonly string[]> => {
  const current = words.at(-1) ?? '';
  const wantsId = !current.startsWith('-') && withId.has(words.at(-2) ?? '');
  const known = wantsId ? await findIds(words) : await askYargs(makeParser, words);
  return known.filter(
    // yargs writes the letter of -f as --f.
    (word) =>
      word.startsWith(current) && !/^--.$/.test(word) && (current !== '' || word[0] !== '-'),
  );
};
