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

// A program uses the first of two variables with one name, so an overridden variable must go.
const withVariables = (own: readonly string[], added: readonly string[]): readonly string[] => {
  const nameOf = (variable: string): string => variable.split('=', 1)[0] ?? '';
  const names = new Set(added.map(nameOf));
  return [...own.filter((variable) => !names.has(nameOf(variable))), ...added];
};

const withCapabilities = (
  capabilities: Process['capabilities'],
  added: readonly string[],
): Process['capabilities'] => {
  const add = (set: readonly string[] = []): string[] => [...set, ...added];
  return {
    bounding: add(capabilities?.bounding),
    effective: add(capabilities?.effective),
    permitted: add(capabilities?.permitted),
    // Without these two sets, a user other than root would lose the capabilities at execve(2).
    inheritable: add(capabilities?.inheritable),
    ambient: add(capabilities?.ambient),
  };
};

/** Makes the process of `runx exec ID COMMAND` from the container's process, as runc does. */
export const processFromFlags = (own: Process, flags: ProcessFlags): Process => {
  const { args, cwd, env, user, additionalGids, capabilities } = flags;
  // Checks the words of the command line as those of a process file.
  const words = { args, cwd: cwd ?? own.cwd, env: withVariables(own.env, env) };
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
