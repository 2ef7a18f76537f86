import type { Options } from 'yargs';

/** The options of exec; they also show where its own words end and the command begins. */
export const execOptions = {
  tty: { alias: 't', type: 'boolean', default: false, describe: 'give the process a terminal' },
  detach: {
    alias: 'd',
    type: 'boolean',
    default: false,
    describe: 'return once the process runs',
  },
  env: {
    alias: 'e',
    type: 'string',
    array: true,
    requiresArg: true,
    default: [],
    describe: 'set a variable, NAME=value; can be repeated',
  },
  cwd: { type: 'string', requiresArg: true, describe: 'working directory of the process' },
  user: { alias: 'u', type: 'string', requiresArg: true, describe: 'UID or UID:GID' },
  'additional-gids': {
    alias: 'g',
    type: 'string',
    array: true,
    requiresArg: true,
    default: [],
    describe: 'additional group ids',
  },
  cap: {
    alias: 'c',
    type: 'string',
    array: true,
    requiresArg: true,
    default: [],
    describe: 'add a capability to all sets',
  },
  'no-new-privs': { type: 'boolean', default: false, describe: 'set no_new_privs' },
  process: {
    alias: 'p',
    type: 'string',
    requiresArg: true,
    describe: 'file with a process as in config.json, instead of a command',
  },
  'pid-file': {
    type: 'string',
    requiresArg: true,
    describe: 'file for the host pid of the process',
  },
  'console-socket': {
    type: 'string',
    requiresArg: true,
    describe: "Unix socket that receives the terminal's master",
  },
  'ignore-paused': { type: 'boolean', describe: '(ignored)' },
  'preserve-fds': { type: 'string', requiresArg: true, describe: '(ignored)' },
  'process-label': { type: 'string', requiresArg: true, describe: '(ignored)' },
  apparmor: { type: 'string', requiresArg: true, describe: '(ignored)' },
  cgroup: { type: 'string', requiresArg: true, describe: '(ignored)' },
} as const satisfies Record<string, Options>;
