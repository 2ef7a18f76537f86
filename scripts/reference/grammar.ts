import type { Argv, Options, PositionalOptions } from 'yargs';

import type { Command } from '../../src/cli/command.ts';
import type { GlobalOptions } from '../../src/cli/global-options.ts';

export interface Grammar {
  readonly name: string;
  /** What stands behind the name, such as `<id>` and `[args..]`. */
  readonly words: readonly string[];
  readonly positionals: readonly (readonly [name: string, options: PositionalOptions])[];
  readonly options: readonly (readonly [name: string, options: Options])[];
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

/** What a command's builder tells yargs; throws on a call that no page would show. */
export const readGrammar = (command: Command): Grammar => {
  const [name = '', ...words] = command.command.split(' ');
  const positionals: [string, PositionalOptions][] = [];
  const options: [string, Options][] = [];
  const examples: [string, string][] = [];
  const known = {
    positional: (positional: string, about: PositionalOptions) =>
      void positionals.push([positional, about]),
    option: (option: string, about: Options) => void options.push([option, about]),
    options: (table: Readonly<Record<string, Options>>) =>
      void options.push(...Object.entries(table)),
    example: (line: string, meaning: string) => void examples.push([line, meaning]),
  };
  const recorder: unknown = new Proxy(known, {
    get: (target, method, self) => {
      const call: unknown = Reflect.get(target, method);
      if (typeof call !== 'function') {
        throw new TypeError(`runx ${name}: its builder calls ${String(method)}`);
      }
      return (...args: readonly unknown[]) => {
        Reflect.apply(call, undefined, args);
        return self;
      };
    },
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part that builders use
  command.builder(recorder as Argv<GlobalOptions>);
  return { name, words, positionals, options, examples };
};
