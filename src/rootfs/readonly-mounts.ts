import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { RunxError, ToolError, messageOf } from '../errors.ts';
import { isThere, mayBeThere, namesIn, readIfThere } from '../host/files.ts';
import { flock } from '../host/flock.ts';
import type { BlockDevice } from './rootfs.ts';
import { run } from '../process.ts';
import { parseJson } from '../schema.ts';
import { isReadonly } from './block.ts';
import type { Context } from '../container/context.ts';
import { type MountInfo, loadMounts, mountAt } from '../host/mounts.ts';

const recordSchema = v.object({
  version: v.literal(1),
  /** The container's state directory: with that gone, so is the container. */
  directory: v.string(),
  /** Which boot of this host the mount belongs to. */
  boot: v.string(),
  device: v.string(),
  mountPoint: v.string(),
});

/**
 * That a container reads the file system of a mount which was writable before.  Saved
 * before it becomes read-only, and outside of the state, so that whichever container
 * ends last, under any --root, gives it back.
 */
type ReadonlyMount = v.InferOutput<typeof recordSchema>;

type Place = Pick<Context, 'config' | 'log'>;

const timeoutMs = 60_000;

const directoryOf = (dataRoot: string): string => join(dataRoot, 'mounts');

const fileOf = (dataRoot: string, stateDirectory: string): string => {
  const name = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 32);
  return join(directoryOf(dataRoot), `${name}.json`);
};

const loadBoot = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

const findRecord = async (file: string): Promise<ReadonlyMount | undefined> => {
  const text = await readIfThere(file);
  return text === undefined ? undefined : parseJson(recordSchema, text, file);
};

/** The records of other containers with this device, which are still there. */
const findOthers = async (
  dataRoot: string,
  own: Pick<ReadonlyMount, 'boot' | 'device' | 'directory'>,
): Promise<readonly ReadonlyMount[]> => {
  const others: ReadonlyMount[] = [];
  for (const name of await namesIn(directoryOf(dataRoot))) {
    if (!name.endsWith('.json')) continue;
    const one = await findRecord(join(directoryOf(dataRoot), name));
    if (one === undefined || one.directory === own.directory) continue;
    if (one.boot !== own.boot || one.device !== own.device) continue;
    if (await mayBeThere(one.directory)) others.push(one);
  }
  return others;
};

/** Runs `action` while no other runx looks at the records. */
const inTurn = async <T>({ config, log }: Place, action: () => Promise<T>): Promise<T> => {
  const directory = directoryOf(config.data_root);
  const { ensureDir } = (await import('fs-extra')).default;
  await ensureDir(directory, { mode: 0o700 });
  const descriptor = openSync(directory, 'r');
  try {
    if (!(await flock(descriptor, { program: config.monitor, log, timeoutMs }))) {
      throw new RunxError(`${directory}: another runx has it locked`);
    }
    return await action();
  } finally {
    closeSync(descriptor);
  }
};

const remount = async ({ config, log }: Place, mode: 'ro' | 'rw', path: string): Promise<void> => {
  try {
    await run(config.monitor, ['remount', mode, path], { log, timeoutMs });
  } catch (error) {
    const why = error instanceof ToolError ? error.stderr.trim() : '';
    throw new RunxError(why === '' ? messageOf(error) : why);
  }
};

const findMount = async (mountPoint: string, device: string): Promise<MountInfo | undefined> => {
  const mount = mountAt(await loadMounts(), mountPoint);
  return mount?.device === device ? mount : undefined;
};

/** Sees to it that nobody on this host writes to the device while the container has it. */
export const makeReadonly = async (
  place: Place,
  { path, number: device, mountPoint }: BlockDevice,
  stateDirectory: string,
): Promise<void> => {
  const { data_root: dataRoot } = place.config;
  await inTurn(place, async () => {
    const mount = await findMount(mountPoint, device);
    if (mount === undefined) throw new RunxError(`rootfs ${mountPoint}: ${path} was unmounted`);
    const own = { directory: stateDirectory, boot: await loadBoot(), device };
    if (isReadonly(mount) && (await findOthers(dataRoot, own)).length === 0) return;
    const file = fileOf(dataRoot, stateDirectory);
    await writeFile(`${file}.new`, JSON.stringify({ version: 1, ...own, mountPoint }), {
      mode: 0o600,
    });
    await rename(`${file}.new`, file);
    if (isReadonly(mount)) return;
    try {
      await remount(place, 'ro', mountPoint);
    } catch (error) {
      await rm(file, { force: true });
      throw new RunxError(
        `rootfs ${mountPoint}: ${path} cannot become read-only on this host: ${messageOf(error)}`,
      );
    }
  });
};

/** Makes writable again what became read-only for the container, unless another one has it too. */
export const giveBack = async (place: Place, stateDirectory: string): Promise<boolean> => {
  const { data_root: dataRoot } = place.config;
  const file = fileOf(dataRoot, stateDirectory);
  if (!(await isThere(file))) return false;
  return inTurn(place, async () => {
    const own = await findRecord(file);
    if (own === undefined) return false;
    const { boot, device, mountPoint } = own;
    const isOurs = boot === (await loadBoot()) && (await findOthers(dataRoot, own)).length === 0;
    const mount = isOurs ? await findMount(mountPoint, device) : undefined;
    if (mount !== undefined) {
      await remount(place, 'rw', mountPoint).catch((error: unknown) => {
        place.log.warn(`${mountPoint} stays read-only: ${messageOf(error)}`);
      });
    }
    await rm(file, { force: true });
    return mount !== undefined;
  });
};

/** Gives back what containers had that are gone, and names the mount points. */
export const giveBackLost = async (place: Place): Promise<readonly string[]> => {
  const { data_root: dataRoot } = place.config;
  const given: string[] = [];
  for (const name of await namesIn(directoryOf(dataRoot))) {
    if (!name.endsWith('.json')) continue;
    const one = await findRecord(join(directoryOf(dataRoot), name));
    if (one === undefined || (await mayBeThere(one.directory))) continue;
    if (await giveBack(place, one.directory)) given.push(one.mountPoint);
  }
  return given;
};
