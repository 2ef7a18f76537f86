import { stat } from 'node:fs/promises';
import { posix } from 'node:path';

import { RunxError, sentences } from '../errors.ts';
import type { Process } from '../oci/spec.ts';
import { defaultPath } from '../process.ts';
import { resolveInRootfs } from '../host/rootfs-path.ts';

const anyExecute = 0o111;

const isExecutable = async (rootfs: string, path: string): Promise<boolean | undefined> => {
  const found = await resolveInRootfs(rootfs, path);
  if (found === undefined) return undefined;
  const { mode } = await stat(found);
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
  const isBelowMount = (path: string): boolean =>
    mountDestinations.some((destination) =>
      `${path}/`.startsWith(`${posix.resolve(destination)}/`.replace('//', '/')),
    );
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
  for (const directory of directories) {
    const path = posix.resolve(process.cwd, directory, name);
    if (isBelowMount(path) || (await isExecutable(rootfs, path))) return;
  }
  throw new RunxError(sentences.commandNotFound(name));
};
