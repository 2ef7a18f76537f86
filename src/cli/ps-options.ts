import type { Options } from 'yargs';

/** The options of ps; they also show where its own words end and those for ps(1) begin. */
export const psOptions = {
  format: {
    alias: 'f',
    choices: ['table', 'json'],
    requiresArg: true,
    default: 'table',
    describe: 'output format',
  },
} as const satisfies Record<string, Options>;
