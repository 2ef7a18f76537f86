import type { Options } from 'yargs';

export const bundleOption = {
  alias: 'b',
  type: 'string',
  requiresArg: true,
  default: '.',
  describe: 'bundle directory',
} as const satisfies Options;

/** What create and run are both given. */
export const createOptions = {
  bundle: bundleOption,
  'pid-file': { type: 'string', requiresArg: true, describe: 'file to write the host pid to' },
  'console-socket': {
    type: 'string',
    requiresArg: true,
    describe: "Unix socket that receives the terminal's master",
  },
  'keep-output': {
    type: 'boolean',
    default: false,
    describe: 'keep its output for runx logs, and its terminal for runx console',
  },
  'no-pivot': { type: 'boolean', describe: '(ignored)' },
  'no-new-keyring': { type: 'boolean', describe: '(ignored)' },
} as const satisfies Record<string, Options>;
