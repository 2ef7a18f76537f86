import type { Options } from 'yargs';

export const bundleOption = {
  alias: 'b',
  type: 'string',
  requiresArg: true,
  default: '.',
  describe: 'bundle directory',
} as const satisfies Options;

/** The options of both create and run. */
export const createOptions = {
  bundle: bundleOption,
  'pid-file': {
    type: 'string',
    requiresArg: true,
    describe: 'file for the host pid of the monitor',
  },
  'console-socket': {
    type: 'string',
    requiresArg: true,
    describe: "Unix socket that receives the terminal's master",
  },
  'keep-output': {
    type: 'boolean',
    default: false,
    describe: 'keep the output for runx logs, and the terminal for runx console',
  },
  'no-pivot': { type: 'boolean', describe: '(ignored)' },
  'no-new-keyring': { type: 'boolean', describe: '(ignored)' },
} as const satisfies Record<string, Options>;
