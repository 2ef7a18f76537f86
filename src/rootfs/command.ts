import { promises as fs } from 'node:fs';
import { posix } from 'node:path';

import { RunxError, sentences } from '../errors.ts';
import type { Process } from '../oci/spec.ts';
import { defaultPath } from '../process.ts';
import { type Lookups, makeLookups, resolveInRootfs } from '../host/rootfs-path.ts';

const anyExecute = 0o111;
const maximumPath = 4095;

const isExecutable = async (
  rootfs: string,
  path: string,
  lookups?: Lookups,
): Promise<boolean | undefined> => {
  const found = await resolveInRootfs(rootfs, path, lookups);
  if (found === undefined) return undefined;
  const { mode } = await fs.stat(found);
  return (mode & anyExecute) !== 0 && (mode & 0o170000) === 0o100000;
};

/**
 * Throws RunxError if the program of a process is not in the rootfs or not executable, with the
 * sentences from which docker and podman derive the exit codes 127 and 126.  A program below a
 * mount point is left to the guest.
 */
export const checkCommand = async (
  rootfs: string,
  process: Process,
  mountDestinations: readonly string[],
): Promise<void> => {
  const [name = ''] = process.args;
  // The kernel takes no such path, and the guest says so.
  if (name.length > maximumPath || process.cwd.length > maximumPath) return;
  const mounted = new Set(mountDestinations.map((destination) => posix.resolve('/', destination)));
  const isBelowMount = (path: string): boolean =>
    mounted.has(path) || (path !== '/' && isBelowMount(posix.dirname(path)));
  if (name.includes('/')) {
    const path = posix.resolve(process.cwd, name);
    if (isBelowMount(path)) return;
    const executable = await isExecutable(rootfs, path);
    if (executable === undefined) throw new RunxError(sentences.fileNotFound(name));
    if (!executable) throw new RunxError(sentences.notExecutable(name));
    return;
  }
  const variable = process.env.find((entry) => entry.startsWith('PATH='));
  const directories = (variable?.slice('PATH='.length) ?? defaultPath).split(':');
  const lookups = makeLookups();
  for (const directory of directories) {
    const path = posix.resolve(process.cwd, directory, name);
    if (path.length > maximumPath) continue;
    lookups.left -= path.split('/').length;
    // The guest walks the rest of a PATH that is as long as this.
    if (lookups.left <= 0) return;
    if (isBelowMount(path) || (await isExecutable(rootfs, path, lookups))) return;
  }
  throw new RunxError(sentences.commandNotFound(name));
};
