import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { hasCode } from '../errors.ts';

const maximumLinks = 40;

/**
 * Resolves a path inside a rootfs to a host path.  Symbolic links are followed as the container
 * would follow them, so the result never leaves the rootfs.  Undefined if the file does not exist.
 * The caller must not follow links in the result.
 */
export const resolveInRootfs = async (
  rootfs: string,
  path: string,
): Promise<string | undefined> => {
  const todo = path.split('/');
  const done: string[] = [];
  let links = 0;
  for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      done.pop();
      continue;
    }
    const here = join(rootfs, ...done, name);
    let found;
    try {
      found = await lstat(here);
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
    const target = await readlink(here);
    if (target.startsWith('/')) done.length = 0;
    todo.unshift(...target.split('/'));
  }
  return join(rootfs, ...done);
};
