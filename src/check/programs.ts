import type { Log } from '../log.ts';
import { findProgram, run } from '../process.ts';
import type { Point } from './point.ts';

export interface ProgramFacts {
  readonly name: string;
  readonly path: string | undefined;
  /** What the program printed as its version; undefined if it was not asked or failed. */
  readonly version: string | undefined;
}

const timeoutMs = 10_000;

/** Finds a program and, unless `words` is empty, runs it with `words` to print its version. */
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

/** Judges whether `ip` and `tc` are of iproute2; those of busybox have no JSON and no batches. */
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
    ...missing.map((name) => `${name} was not found`),
    ...others.map((path) => `${path} is not of iproute2`),
  ];
  return {
    name: 'iproute2',
    status: 'warning',
    found: `${what.join(', ')}: containers have no network`,
    remedy: 'install iproute2',
  };
};

/** Judges whether the programs exist with which runx holds a network namespace. */
export const checkMount = (programs: readonly ProgramFacts[]): Point => {
  const missing = programs.filter(({ path }) => path === undefined).map(({ name }) => name);
  if (missing.length === 0) {
    return { name: 'mount', status: 'ok', found: programs.map(({ path }) => path).join(', ') };
  }
  return {
    name: 'mount',
    status: 'warning',
    found: `${missing.map((name) => `${name} was not found`).join(', ')}: NETCONF does not work`,
    remedy: 'install mount and umount (Debian: mount)',
  };
};
