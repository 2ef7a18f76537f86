import { createHash } from 'node:crypto';
import { open, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { RunxError, messageOf } from '../errors.ts';
import { mayBeThere, namesIn } from '../host/files.ts';
import type { Log } from '../log.ts';
import { findProgram, run } from '../process.ts';
import { bytesPerMiB } from '../units.ts';

const directoryOf = (dataRoot: string): string => join(dataRoot, 'layers');

const timeoutMs = 60_000;

interface LayerFiles {
  /** The file system. */
  readonly image: string;
  /** A link to the container's state directory: with that gone, so is the container. */
  readonly owner: string;
}

const filesOf = (dataRoot: string, stateDirectory: string): LayerFiles => {
  const name = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 32);
  const image = join(directoryOf(dataRoot), `${name}.ext4`);
  return { image, owner: `${image}.owner` };
};

/** The program that makes the file system of a writable layer: its path, if it is there. */
export const findMke2fs = async (): Promise<string | undefined> =>
  (await findProgram('mke2fs')) ?? (await findProgram('/sbin/mke2fs'));

/** Makes the file that takes a container's writes: sparse, with an empty file system. */
export const makeLayer = async (
  dataRoot: string,
  stateDirectory: string,
  mib: number,
  log: Log,
): Promise<string> => {
  const { image, owner } = filesOf(dataRoot, stateDirectory);
  const mkfs = await findMke2fs();
  if (mkfs === undefined) {
    throw new RunxError(
      'writable_layer = "disk": mke2fs was not found: install e2fsprogs, or set it to "memory"',
    );
  }
  const { ensureDir } = (await import('fs-extra')).default;
  try {
    await ensureDir(directoryOf(dataRoot), { mode: 0o700 });
    // Of an earlier container with the same id, whose end was cut short.
    await removeLayer(dataRoot, stateDirectory);
    await symlink(stateDirectory, owner);
    const file = await open(image, 'wx', 0o600);
    await file.truncate(mib * bytesPerMiB);
    await file.close();
    // Nobody mounts it after its domain, so a journal would be of no use.
    const options = ['-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', '-m', '0'];
    await run(mkfs, ['-q', '-F', '-t', 'ext4', ...options, image], { log, timeoutMs });
  } catch (error) {
    await removeLayer(dataRoot, stateDirectory);
    throw new RunxError(`writable layer ${image}: ${messageOf(error)}`);
  }
  return image;
};

/** Removes the file of the container with this state directory, if it has one. */
export const removeLayer = async (dataRoot: string, stateDirectory: string): Promise<void> => {
  const { image, owner } = filesOf(dataRoot, stateDirectory);
  await rm(image, { force: true });
  await rm(owner, { force: true });
};

/** Removes those of containers that are gone, and gives the containers' state directories. */
export const removeLostLayers = async (dataRoot: string): Promise<readonly string[]> => {
  const lost: string[] = [];
  const directory = directoryOf(dataRoot);
  for (const name of await namesIn(directory)) {
    if (!name.endsWith('.owner')) continue;
    const stateDirectory = await readlink(join(directory, name)).catch(() => undefined);
    if (stateDirectory === undefined || (await mayBeThere(stateDirectory))) continue;
    await removeLayer(dataRoot, stateDirectory);
    lost.push(stateDirectory);
  }
  return lost;
};
