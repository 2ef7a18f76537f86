import { loadConfig } from '../config.ts';
import { listContainers } from '../container/directory.ts';
import { type CommandLine, scanCommandLine } from './command-line.ts';
import { loadCommands } from './commands.ts';
import { makeParser } from './yargs-parse.ts';

// Their id is that of a container which is not there yet.
const makers = new Set(['create', 'run']);

/** Whether the command is about a container that is there. */
const takesId = async (name: string): Promise<boolean> =>
  !makers.has(name) &&
  (await loadCommands()).some(({ command }) =>
    ['<id>', '[ids..]'].some((id) => command.startsWith(`${name} ${id}`)),
  );

/** The ids of the containers in the root directory that the words before name. */
const findIds = async ({ globals }: CommandLine): Promise<readonly string[]> => {
  const { root } = await loadConfig(globals.config);
  return listContainers(globals.root ?? root);
};

/** What yargs knows: commands, options and their choices. */
const askYargs = async (words: readonly string[]): Promise<readonly string[]> => {
  let found: readonly string[] = [];
  const parser = await makeParser(['--get-yargs-completions', 'runx', ...words]);
  await parser
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
 * The words that can stand for the last one, which is only begun: commands, options, an
 * option's choices, ids of containers.  It finds nothing where a file is wanted, which the shell completes,
 * nor among the words of a container's program.
 */
export const findCompletions = async (words: readonly string[]): Promise<readonly string[]> => {
  const current = words.at(-1) ?? '';
  const line = scanCommandLine(words.slice(0, -1));
  if (line.passedOn !== undefined) return [];
  const { command = '' } = line;
  const wantsId =
    !current.startsWith('-') && line.own.at(-1) === command && (await takesId(command));
  const known = wantsId ? await findIds(line) : await askYargs(words);
  return known.filter(
    // yargs writes the letter of -f as --f.
    (word) =>
      word.startsWith(current) && !/^--.$/.test(word) && (current !== '' || word[0] !== '-'),
  );
};
