import type { Log } from '../log.ts';
import { findProgram, run } from '../process.ts';
import type { Point } from './point.ts';

export interface ProgramFacts {
  readonly name: string;
  readonly path: string | undefined;
  /** What it says to -V; undefined when it was not asked, or failed. */
  readonly version: string | undefined;
}

const timeoutMs = 10_000;

/** Finds a program, and asks it for its version with these words. */
export const findProgramFacts = async (
  name: string,
  words: readonly string[],
  log: Log,
): Promise<ProgramFacts> => {
  const path = await findProgram(name);
  if (path === undefined || words.length === 0) return { name, path, version: undefined };
  try {
    return { name, path, version: (await run(path, words, { log, timeoutMs })).stdout.trim() };
  } catch {
    return { name, path, version: undefined };
  }
};

/** Whether `ip` and `tc` are iproute2's: busybox's know no JSON and no batches. */
export const checkIproute = (programs: readonly ProgramFacts[]): Point => {
  const missing = programs.filter(({ path }) => path === undefined).map(({ name }) => name);
  const others = programs
    .filter(({ path, version }) => path !== undefined && !/iproute2/.test(version ?? ''))
    .map(({ path }) => path);
  if (missing.length === 0 && others.length === 0) {
    const [, version] = /iproute2-([^ ,]*)/.exec(programs[0]?.version ?? '') ?? [];
    return { name: 'iproute2', status: 'ok', found: version ?? 'ip and tc' };
  }
  const what = [
    ...(missing.length === 0 ? [] : [`no ${missing.join(' and no ')}`]),
    ...others.map((path) => `${path} is not of iproute2`),
  ];
  return {
    name: 'iproute2',
    status: 'warning',
    found: `${what.join(', ')}: no container has a network`,
    remedy: 'install iproute2',
  };
};

/** Whether the programs are there that hold a network namespace. */
export const checkMount = (programs: readonly ProgramFacts[]): Point => {
  const missing = programs.filter(({ path }) => path === undefined).map(({ name }) => name);
  if (missing.length === 0) {
    return { name: 'mount', status: 'ok', found: programs.map(({ path }) => path).join(', ') };
  }
  return {
    name: 'mount',
    status: 'warning',
    found: `no ${missing.join(' and no ')}: NETCONF does not work`,
    remedy: 'install mount and umount (util-linux)',
  };
};
