import { RunxError } from '../errors.ts';
import { type Process, parseProcess } from './spec.ts';

/** What a command line says of a process to add; the rest is as in the container's own. */
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

// The last one counts, as with runc: a program takes the first that it finds.
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
    // Without these a user other than root would lose it at execve(2).
    inheritable: add(capabilities?.inheritable),
    ambient: add(capabilities?.ambient),
  };
};

/** The process of `runx exec ID COMMAND`, on the pattern of the container's own, as runc makes it. */
export const processFromFlags = (own: Process, flags: ProcessFlags): Process => {
  const { args, cwd, env, user, additionalGids, capabilities } = flags;
  // The words of a command line obey the same rules as those of a file.
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
