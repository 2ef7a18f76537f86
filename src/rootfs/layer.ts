import { promises as fs } from 'node:fs';
import { join } from 'node:path';

import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { RunxError, messageOf } from '../errors.ts';
import { isThere } from '../host/files.ts';
import { type LastingRecords, lastingName, lastingRecords } from '../host/lasting-records.ts';
import { findProgram, run } from '../process.ts';
import { bytesPerMiB } from '../units.ts';

const timeoutMs = 60_000;

/** The records of writable layers, which survive a reboot; the state directory is on a tmpfs. */
const layersOf = (config: Pick<Config, 'data_root'>): LastingRecords<object> =>
  lastingRecords(join(config.data_root, 'layers'), {});

const imageOf = ({ directory }: LastingRecords<object>, stateDirectory: string): string =>
  join(directory, `${lastingName(stateDirectory)}.ext4`);

/** Finds mke2fs(8), which makes the file system of a writable layer; undefined if missing. */
export const findMke2fs = async (): Promise<string | undefined> =>
  (await findProgram('mke2fs')) ?? (await findProgram('/sbin/mke2fs'));

/** Makes the writable layer of a container: a sparse file of `mib` MiB with an empty ext4. */
export const makeLayer = async (
  { config, log }: Pick<Context, 'config' | 'log'>,
  stateDirectory: string,
  mib: number,
): Promise<string> => {
  const layers = layersOf(config);
  const image = imageOf(layers, stateDirectory);
  const mkfs = await findMke2fs();
  if (mkfs === undefined) {
    throw new RunxError(
      'writable layer: mke2fs was not found: install e2fsprogs, or set writable_layer = "memory" in runx.toml',
    );
  }
  try {
    await layers.save(stateDirectory, {});
    // An earlier container with the same id may have left a file behind.
    await fs.rm(image, { force: true });
    const file = await fs.open(image, 'wx', 0o600);
    await file.truncate(mib * bytesPerMiB);
    await file.close();
    // The file system is not mounted again after a crash, so it needs no journal.
    const options = ['-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', '-m', '0'];
    await run(mkfs, ['-q', '-F', '-t', 'ext4', ...options, image], { log, timeoutMs });
  } catch (error) {
    await removeLayer(config, stateDirectory);
    throw new RunxError(`writable layer ${image}: ${messageOf(error)}`);
  }
  return image;
};

/** Removes the writable layer and its record, if the container has one. */
export const removeLayer = async (
  config: Pick<Config, 'data_root'>,
  stateDirectory: string,
): Promise<void> => {
  const layers = layersOf(config);
  if (!(await isThere(layers.directory))) return;
  await fs.rm(imageOf(layers, stateDirectory), { force: true });
  await layers.remove(stateDirectory);
};

/** Removes the writable layers of containers that are gone; returns their state directories. */
export const removeLostLayers = async ({
  config,
  log,
}: Pick<Context, 'config' | 'log'>): Promise<readonly string[]> => {
  const lost = await layersOf(config).listLost((why) => log.warn(why));
  for (const { directory } of lost) await removeLayer(config, directory);
  return lost.map(({ directory }) => directory);
};
