import { promises as fs } from 'node:fs';
import { join } from 'node:path';

import { hasCode } from '../errors.ts';

// As in Linux: PATH_MAX with its NUL, and the links of one path.
const maximumBytes = 4095;
const maximumLinks = 40;

/** Counts the names that are looked up in a rootfs, because links can make a short path long. */
export interface Lookups {
  left: number;
}

export const makeLookups = (): Lookups => ({ left: 4096 });

/**
 * Resolves a path inside a rootfs to a host path.  Symbolic links are followed as the container
 * would follow them, so the result never leaves the rootfs.  Undefined if the file does not exist.
 * The caller must not follow links in the result.  Also undefined when no lookup is left.
 */
export const resolveInRootfs = async (
  rootfs: string,
  path: string,
  lookups = makeLookups(),
): Promise<string | undefined> => {
  if (Buffer.byteLength(path) > maximumBytes) return undefined;
  const todo = path.split('/');
  const done: string[] = [];
  let links = 0;
  for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      done.pop();
      continue;
    }
    if (lookups.left <= 0) return undefined;
    lookups.left -= 1;
    const here = join(rootfs, ...done, name);
    let found;
    try {
      found = await fs.lstat(here);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].some((code) => hasCode(error, code))) {
        return undefined;
      }
      throw error;
    }
    if (!found.isSymbolicLink()) {
      done.push(name);
      continue;
    }
    links += 1;
    if (links > maximumLinks) return undefined;
    const target = await fs.readlink(here);
    if (target.startsWith('/')) done.length = 0;
    todo.unshift(...target.split('/'));
  }
  return join(rootfs, ...done);
};
