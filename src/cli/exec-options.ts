import type { Options } from 'yargs';

/** The options of exec: also what tells where its own words end and the command's begin. */
export const execOptions = {
  tty: { alias: 't', type: 'boolean', default: false, describe: 'give it a terminal' },
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
    describe: 'NAME=value; more than once',
  },
  cwd: { type: 'string', requiresArg: true, describe: 'its working directory' },
  user: { alias: 'u', type: 'string', requiresArg: true, describe: 'UID or UID:GID' },
  'additional-gids': {
    alias: 'g',
    type: 'string',
    array: true,
    requiresArg: true,
    default: [],
    describe: 'further group ids',
  },
  cap: {
    alias: 'c',
    type: 'string',
    array: true,
    requiresArg: true,
    default: [],
    describe: 'add a capability to its sets',
  },
  'no-new-privs': { type: 'boolean', default: false, describe: 'set no_new_privs' },
  process: {
    alias: 'p',
    type: 'string',
    requiresArg: true,
    describe: 'file with the process as in config.json, instead of a command',
  },
  'pid-file': {
    type: 'string',
    requiresArg: true,
    describe: "file to write the process's host pid to",
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
