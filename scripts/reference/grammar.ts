import type { Options, PositionalOptions } from 'yargs';

import type { Command } from '../../src/cli/command.ts';

export interface Grammar {
  readonly name: string;
  /** What stands behind the name, such as `<id>` and `[args..]`. */
  readonly words: readonly string[];
  readonly positionals: readonly (readonly [name: string, options: PositionalOptions])[];
  readonly options: readonly (readonly [name: string, options: Options])[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

/** What a command's declaration says, in the order of the pages. */
export const readGrammar = ({ command, positionals, options, examples }: Command): Grammar => {
  const [name = '', ...words] = command.split(' ');
  return {
    name,
    words,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part that words have
    positionals: Object.entries(positionals) as Grammar['positionals'],
    options: Object.entries(options),
    examples,
  };
};
