import { RunxError } from '../errors.ts';
import { type Process, parseProcess } from './spec.ts';

/** The options of `runx exec`; whatever they leave out is taken from the container's process. */
export interface ProcessFlags {
  readonly args: readonly string[];
  readonly terminal: boolean;
  readonly cwd?: string | undefined;
  readonly env: readonly string[];
  /** UID or UID:GID. */
  readonly user?: string | undefined;
  readonly additionalGids: readonly string[];
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
}

const parseId = (text: string, option: string): number => {
  if (!/^\d{1,10}$/.test(text)) throw new RunxError(`${option}: "${text}" is not a numeric id`);
  return Number(text);
};

const withUser = (user: Process['user'], text: string): Process['user'] => {
  const [uid = '', gid, ...rest] = text.split(':');
  if (rest.length > 0) throw new RunxError(`--user: "${text}" is not UID or UID:GID`);
  return {
    ...user,
    uid: parseId(uid, '--user'),
    ...(gid === undefined ? {} : { gid: parseId(gid, '--user') }),
  };
};

const withCapabilities = (
  capabilities: Process['capabilities'],
  added: readonly string[],
): Process['capabilities'] => {
  const { bounding = [], effective = [], permitted = [] } = capabilities ?? {};
  const { inheritable = [], ambient = [] } = capabilities ?? {};
  const inherited = new Set(inheritable.map((name) => name.toUpperCase()));
  return {
    bounding: [...bounding, ...added],
    effective: [...effective, ...added],
    permitted: [...permitted, ...added],
    // A program with file capabilities would take up what is added to this set (CVE-2022-29162).
    inheritable,
    ambient: [...ambient, ...added.filter((name) => inherited.has(name.toUpperCase()))],
  };
};

/** Makes the process of `runx exec ID COMMAND` from the container's process, as runc does. */
export const processFromFlags = (own: Process, flags: ProcessFlags): Process => {
  const { args, cwd, env, user, additionalGids, capabilities } = flags;
  // Checks the words of the command line as those of a process file.
  const words = { args, cwd: cwd ?? own.cwd, env: [...own.env, ...env] };
  const checked = parseProcess(JSON.stringify(words), 'exec');
  return {
    ...own,
    args: checked.args,
    terminal: flags.terminal,
    cwd: checked.cwd,
    env: checked.env,
    user: {
      ...(user === undefined ? own.user : withUser(own.user, user)),
      additionalGids: [
        ...own.user.additionalGids,
        ...additionalGids.map((gid) => parseId(gid, '--additional-gids')),
      ],
    },
    ...(capabilities.length === 0
      ? {}
      : { capabilities: withCapabilities(own.capabilities, capabilities) }),
    noNewPrivileges: own.noNewPrivileges || flags.noNewPrivileges,
  };
};
