import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';

import { loadConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { RunxError } from '../errors.ts';
import { openLog } from '../log.ts';
import type { GlobalOptions } from './global-options.ts';

interface CommandText {
  /** Its name and its words, as yargs reads them. */
  readonly command: string;
  readonly describe: string;
  /** Paragraphs for --help and the man page, with `code` between backquotes. */
  readonly details: readonly string[];
  /** What its exit codes mean; unless given, 0 is done and 1 is an error. */
  readonly exitCodes?: readonly (readonly [code: string, meaning: string])[];
}

/** A command of the CLI, whatever its options. */
export interface Command extends CommandText {
  readonly builder: (y: Argv<GlobalOptions>) => Argv<GlobalOptions>;
  readonly addTo: (y: Argv<GlobalOptions>) => void;
}

/** A command of the CLI; its options' types follow from its builder. */
export const defineCommand = <T extends GlobalOptions>(
  spec: CommandText & {
    readonly builder: (y: Argv<GlobalOptions>) => Argv<T>;
    readonly handler: (args: ArgumentsCamelCase<T>) => Promise<void>;
  },
): Command => {
  const { command, describe, builder, handler, details, exitCodes = [] } = spec;
  const renderEpilogue = (): string => {
    const codes = exitCodes.map(([code, meaning]) => `Exit code ${code}: ${meaning}.`).join('\n');
    return [...details, ...(codes === '' ? [] : [codes])].join('\n\n').replaceAll('`', '');
  };
  const module: CommandModule<GlobalOptions, T> = {
    command,
    describe,
    builder: (y) => builder(y).epilogue(renderEpilogue()),
    handler,
  };
  return { ...spec, addTo: (y) => void y.command(module) };
};

/** What the operations need, from the global options. */
export const openContext = async (args: ArgumentsCamelCase<GlobalOptions>): Promise<Context> => {
  const config = await loadConfig(args.config);
  const log = openLog({ file: args.log, format: args.logFormat, debug: args.debug });
  return { config, log, root: args.root ?? config.root };
};

/** Writes a result, all of it, to standard output. */
export const print = async (text: string | Uint8Array): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(new RunxError(`standard output: ${error.message}`));
    process.stdout.once('error', fail);
    process.stdout.write(text, (error) => {
      if (error) return fail(error);
      process.stdout.off('error', fail);
      return resolve();
    });
  });
};
