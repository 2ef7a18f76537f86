import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes, Options } from 'yargs';

import type { Context } from '../container/context.ts';
import { loadConfig } from '../config.ts';
import { RunxError } from '../errors.ts';
import { openLog } from '../log.ts';

/** The options that engines put before the command. */
export const globalOptions = {
  root: { type: 'string', requiresArg: true, describe: "directory of the containers' state" },
  log: { type: 'string', requiresArg: true, describe: 'file to append log entries to' },
  'log-format': { choices: ['text', 'json'], default: 'text', describe: 'form of the log entries' },
  debug: { type: 'boolean', default: false, describe: 'log every command that is run' },
  config: {
    type: 'string',
    requiresArg: true,
    describe: 'configuration file (/etc/runx/runx.toml)',
  },
  'systemd-cgroup': { type: 'boolean', describe: '(ignored)' },
  rootless: { type: 'string', requiresArg: true, describe: '(ignored)' },
  criu: { type: 'string', requiresArg: true, describe: '(ignored)' },
} as const satisfies Record<string, Options>;

export type GlobalOptions = InferredOptionTypes<typeof globalOptions>;

/** A command of the CLI; its options' types follow from its builder. */
export const defineCommand = <T extends GlobalOptions>(spec: {
  readonly command: string;
  readonly describe: string;
  readonly builder: (y: Argv<GlobalOptions>) => Argv<T>;
  readonly handler: (args: ArgumentsCamelCase<T>) => Promise<void>;
}): CommandModule<GlobalOptions, T> => spec;

/** What the operations need, from the global options. */
export const openContext = async (args: ArgumentsCamelCase<GlobalOptions>): Promise<Context> => {
  const config = await loadConfig(args.config);
  const log = await openLog({ file: args.log, format: args.logFormat, debug: args.debug });
  return { config, log, root: args.root ?? config.root };
};

/** Writes a result, all of it, to standard output. */
export const print = async (text: string): Promise<void> => {
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
