import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import { hasCode } from '../errors.ts';

const maximumLinks = 40;

/**
 * The host path of what `path` names inside `rootfs`, with every symbolic link
 * read as the container would: none leads out of the rootfs.  Undefined when there
 * is no such file.  The caller must not follow links in the answer.
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
