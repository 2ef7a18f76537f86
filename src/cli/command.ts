import type { ArgumentsCamelCase, InferredOptionTypes, Options } from 'yargs';

import { loadConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { endPhase, openLog } from '../log.ts';
import type { GlobalOptions } from './global-options.ts';
import type { OptionTable } from './option-word.ts';

/** The declaration of a command, which yargs, the quick parser and the man pages read. */
export interface CommandText {
  /** Its name and its words, as yargs reads them. */
  readonly command: string;
  readonly describe: string;
  /** Paragraphs for --help and the man page, with `code` between backquotes. */
  readonly details: readonly string[];
  /** What its exit codes mean; unless given, 0 is done and 1 is an error. */
  readonly exitCodes?: readonly (readonly [code: string, meaning: string])[];
  /** Its words by name, in their order. */
  readonly positionals: OptionTable;
  readonly options: OptionTable;
  readonly examples: readonly (readonly [line: string, meaning: string])[];
}

/** The arguments of a command by name, in camel case; `_` has the words that are passed on. */
export type Arguments = Readonly<Record<string, unknown>> & { readonly _: readonly string[] };

/** A command of the CLI, whatever its options. */
export interface Command extends CommandText {
  readonly run: (args: Arguments) => Promise<void>;
}

type Handled<P extends OptionTable, O extends OptionTable> = ArgumentsCamelCase<
  GlobalOptions & InferredOptionTypes<P> & InferredOptionTypes<O>
>;

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- of a command that has none
type None = Readonly<Record<never, Options>>;

/** A command of the CLI; the types of its arguments follow from their declarations. */
export const defineCommand = <
  const P extends OptionTable = None,
  const O extends OptionTable = None,
>(
  spec: Omit<CommandText, 'positionals' | 'options' | 'examples'> & {
    readonly positionals?: P;
    readonly options?: O;
    readonly examples?: CommandText['examples'];
    readonly handler: (args: Handled<P, O>) => Promise<void>;
  },
): Command => {
  const { positionals = {}, options = {}, examples = [], handler, ...text } = spec;
  return {
    ...text,
    positionals,
    options,
    examples,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both parsers keep to the declarations
    run: (args) => handler(args as unknown as Handled<P, O>),
  };
};

/** What the operations need, from the global options. */
export const openContext = async (args: ArgumentsCamelCase<GlobalOptions>): Promise<Context> => {
  const config = await loadConfig(args.config);
  const log = openLog({ file: args.log, format: args.logFormat, debug: args.debug });
  if (args.debug) process.once('beforeExit', () => endPhase(log, 'end'));
  endPhase(log, 'loading runx');
  return { config, log, root: args.root ?? config.root };
};
