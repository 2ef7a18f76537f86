import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { RunxError, messageOf } from '../errors.ts';
import { type LastingRecords, lastingName, lastingRecords } from '../host/lasting-records.ts';
import { findProgram, run } from '../process.ts';
import { bytesPerMiB } from '../units.ts';

const timeoutMs = 60_000;

/** The writable layers of containers, which outlive a state directory on a tmpfs. */
const layersOf = (config: Pick<Config, 'data_root'>): LastingRecords<object> =>
  lastingRecords(join(config.data_root, 'layers'), {});

const imageOf = ({ directory }: LastingRecords<object>, stateDirectory: string): string =>
  join(directory, `${lastingName(stateDirectory)}.ext4`);

/** The program that makes the file system of a writable layer: its path, if it is there. */
export const findMke2fs = async (): Promise<string | undefined> =>
  (await findProgram('mke2fs')) ?? (await findProgram('/sbin/mke2fs'));

/** Makes the file that takes a container's writes: sparse, with an empty file system. */
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
      'writable_layer = "disk": mke2fs was not found: install e2fsprogs, or set it to "memory"',
    );
  }
  try {
    await layers.save(stateDirectory, {});
    // An earlier container with the same id, whose end was cut short, may have left one.
    await rm(image, { force: true });
    const file = await open(image, 'wx', 0o600);
    await file.truncate(mib * bytesPerMiB);
    await file.close();
    // Nobody mounts it after its domain, so a journal would be of no use.
    const options = ['-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', '-m', '0'];
    await run(mkfs, ['-q', '-F', '-t', 'ext4', ...options, image], { log, timeoutMs });
  } catch (error) {
    await removeLayer(config, stateDirectory);
    throw new RunxError(`writable layer ${image}: ${messageOf(error)}`);
  }
  return image;
};

/** Removes the writable layer of the container with this state directory, if it has one. */
export const removeLayer = async (
  config: Pick<Config, 'data_root'>,
  stateDirectory: string,
): Promise<void> => {
  const layers = layersOf(config);
  await rm(imageOf(layers, stateDirectory), { force: true });
  await layers.remove(stateDirectory);
};

/** Removes the writable layers of containers that are gone, and gives their state directories. */
export const removeLostLayers = async ({
  config,
  log,
}: Pick<Context, 'config' | 'log'>): Promise<readonly string[]> => {
  const lost = await layersOf(config).listLost((why) => log.warn(why));
  for (const { directory } of lost) await removeLayer(config, directory);
  return lost.map(({ directory }) => directory);
};
