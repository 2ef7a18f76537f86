import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { hasCode, messageOf } from '../errors.ts';
import type { Point } from './point.ts';

export interface DirectoryFacts {
  readonly path: string;
  /** Why the directory cannot be written to or created; undefined if it can. */
  readonly problem: string | undefined;
}

const problemOf = async (path: string): Promise<string | undefined> => {
  try {
    if (!(await stat(path)).isDirectory()) return `${path} is not a directory`;
    await access(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT') && path !== '/') return problemOf(dirname(path));
    if (hasCode(error, 'ENOTDIR')) return problemOf(dirname(path));
    if (hasCode(error, 'EROFS')) return `${path} is on a read-only file system`;
    return hasCode(error, 'EACCES') ? `${path} is not writable` : messageOf(error);
  }
};

/** Examines a directory, or its nearest existing parent, without creating it. */
export const findDirectory = async (path: string): Promise<DirectoryFacts> => ({
  path,
  problem: await problemOf(path),
});

/** Judges whether runx can write its state directory and its data root. */
export const checkDirectories = (state: DirectoryFacts, data: DirectoryFacts): readonly Point[] => [
  state.problem === undefined
    ? { name: 'state-directory', status: 'ok', found: state.path }
    : {
        name: 'state-directory',
        status: 'error',
        found: `${state.path}: ${state.problem}`,
        remedy: 'set root in runx.toml, or --root, to a writable directory',
      },
  data.problem === undefined
    ? { name: 'data-root', status: 'ok', found: data.path }
    : {
        name: 'data-root',
        status: 'warning',
        found: `${data.path}: ${data.problem}: NETCONF and a rootfs on a disk do not work`,
        remedy: 'set data_root in runx.toml to a writable directory',
      },
];
