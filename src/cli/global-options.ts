import type { InferredOptionTypes, Options } from 'yargs';

/** The options that engines put before the command. */
export const globalOptions = {
  root: { type: 'string', requiresArg: true, describe: "directory of the containers' state" },
  log: { type: 'string', requiresArg: true, describe: 'file to append log entries to' },
  'log-format': {
    choices: ['text', 'json'],
    requiresArg: true,
    default: 'text',
    describe: 'form of the log entries',
  },
  debug: {
    type: 'boolean',
    default: false,
    describe: 'log every program that is run, and every phase',
  },
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
export type GlobalName = keyof typeof globalOptions;
