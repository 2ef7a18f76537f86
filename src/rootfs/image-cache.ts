import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { open, readFile, readdir, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { RunxError, ToolError, hasCode, messageOf } from '../errors.ts';
import { namesIn } from '../host/files.ts';
import { flock, isSame, openIfThere, tryFlock } from '../host/flock.ts';
import type { Log } from '../log.ts';
import { findProgram, run } from '../process.ts';
import { bytesPerMiB } from '../units.ts';
import { showProgress } from './progress.ts';

/** Where images are kept, and what makes them. */
export interface ImageCache {
  readonly directory: string;
  readonly limitMiB: number;
  /** The runx-monitor program, and mkfs.erofs: a name on PATH or an absolute path. */
  readonly monitor: string;
  readonly mkfs: string;
  readonly log: Log;
}

/** The cache below runx.toml's data_root. */
export const imageDirectory = (dataRoot: string): string => join(dataRoot, 'images');

const buildTimeoutMs = 30 * 60_000;
const suffix = '.erofs';
const draftSuffix = '.new';

/** Notes that the image is used now; false when there is none. */
const touch = async (file: string): Promise<boolean> => {
  try {
    const now = new Date();
    await utimes(file, now, now);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
};

// What the program sees in its own root directory (src/backend/9p/server.c).
const seen = (tag: string): string => `/export/${tag}`;

const build = async (
  cache: ImageCache,
  rootfs: string,
  draft: string,
  descriptor: number,
  stateDirectory: string,
): Promise<void> => {
  const { log, monitor } = cache;
  const mkfs = await findProgram(cache.mkfs);
  if (mkfs === undefined) {
    throw new RunxError(`${cache.mkfs} was not found: install erofs-utils, or diod for 9p`);
  }
  await run(
    monitor,
    [
      'image',
      `--state=${stateDirectory}`,
      '--share=rootfs',
      `--export=rs:${rootfs}`,
      // The draft alone: other images are not its to write.
      '--share=draft',
      `--export=f:${draft}`,
      '--',
      mkfs,
      '--quiet',
      '-zlz4',
      '-C65536',
      `${seen('draft')}/0`,
      seen('rootfs'),
    ],
    // While it writes, nobody else gets the lock, even if runx is killed.
    { descriptor, log, timeoutMs: buildTimeoutMs },
  );
};

const toolProblem = (error: unknown): string =>
  error instanceof ToolError && error.stderr.trim() !== ''
    ? (error.stderr.trim().split('\n').at(-1) ?? '')
    : messageOf(error);

/** Makes the image in the draft, which is locked, and gives it its name. */
const make = async (
  cache: ImageCache,
  source: Source,
  file: string,
  draft: string,
  descriptor: number,
): Promise<void> => {
  const { rootfs, stateDirectory, identify } = source;
  const stopProgress = showProgress(rootfs, draft);
  try {
    ftruncateSync(descriptor);
    await build(cache, rootfs, draft, descriptor, stateDirectory);
    if (join(cache.directory, `${identify()}${suffix}`) !== file) {
      throw new RunxError('it changed meanwhile; stop what writes to it');
    }
    // A power cut must not leave a name with nothing behind it.
    const written = await open(draft, 'r');
    await written.sync();
    await written.close();
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw new RunxError(`making an image of the rootfs ${rootfs}: ${toolProblem(error)}`);
  } finally {
    stopProgress();
  }
};

/** What there is to be an image of. */
export interface Source {
  readonly rootfs: string;
  /** A name for its content. */
  readonly identify: () => string;
  /** Directory of the container's state, in which a mount point can be made. */
  readonly stateDirectory: string;
}

/** The file with the image of a rootfs, made if there is none; of several callers, one makes it. */
export const provideImage = async (cache: ImageCache, source: Source): Promise<string> => {
  const { directory, log, monitor } = cache;
  const { ensureDir } = (await import('fs-extra')).default;
  await ensureDir(directory, { mode: 0o700 });
  const file = join(directory, `${source.identify()}${suffix}`);
  const draft = `${file}${draftSuffix}`;
  while (!(await touch(file))) {
    const descriptor = openSync(draft, 'a', 0o600);
    try {
      const options = { program: monitor, log, timeoutMs: buildTimeoutMs };
      if (!(await flock(descriptor, options))) {
        throw new RunxError(`another runx has not finished the image ${file}`);
      }
      // Of one that another has just made, or failed to make.
      if (!isSame(descriptor, draft)) continue;
      if (await touch(file)) {
        await rm(draft, { force: true }); // made between the look and the draft
        continue;
      }
      await make(cache, source, file, draft, descriptor);
      await evictImages(cache, file);
    } finally {
      closeSync(descriptor);
    }
  }
  return file;
};

/** The files behind the loop devices of this host. */
const filesInUse = async (): Promise<ReadonlySet<string>> => {
  const names = (await readdir('/sys/block').catch(() => [])).filter((name) =>
    name.startsWith('loop'),
  );
  const files = names.map((name) =>
    readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => ''),
  );
  return new Set((await Promise.all(files)).map((text) => text.replace(/\n$/, '')));
};

const bytesPerBlock = 512;
// Between being found and being attached.
const sparedMs = 5 * 60_000;

interface CachedImage {
  readonly file: string;
  readonly bytes: number;
  readonly usedMs: number;
}

const listImages = async (directory: string): Promise<readonly CachedImage[]> => {
  const names = await namesIn(directory);
  const files = names.filter((name) => name.endsWith(suffix)).map((name) => join(directory, name));
  const images = files.map(async (file): Promise<CachedImage[]> => {
    const found = await stat(file).catch(() => undefined); // another runx may remove it
    if (found === undefined) return [];
    return [{ file, bytes: found.blocks * bytesPerBlock, usedMs: found.mtimeMs }];
  });
  return (await Promise.all(images)).flat();
};

/** Which images are to go for the rest to fit: first what was used longest ago. */
export const chooseEvicted = (
  images: readonly CachedImage[],
  limitBytes: number,
  isKept: (image: CachedImage) => boolean,
): readonly string[] => {
  let excess = images.reduce((sum, { bytes }) => sum + bytes, 0) - limitBytes;
  const evicted: string[] = [];
  for (const image of images.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (excess <= 0) break;
    if (isKept(image)) continue;
    evicted.push(image.file);
    excess -= image.bytes;
  }
  return evicted;
};

/** Removes images until the rest is within the limit, and gives their files. */
export const evictImages = async (
  { directory, limitMiB }: Pick<ImageCache, 'directory' | 'limitMiB'>,
  kept?: string,
): Promise<readonly string[]> => {
  const inUse = await filesInUse();
  // The kernel's names of files have no links in them.
  const real = await realpath(directory).catch(() => directory);
  const evicted = chooseEvicted(
    await listImages(directory),
    limitMiB * bytesPerMiB,
    ({ file, usedMs }) =>
      file === kept || inUse.has(join(real, basename(file))) || usedMs > Date.now() - sparedMs,
  );
  for (const file of evicted) await rm(file, { force: true });
  return evicted;
};

const tryTimeoutMs = 10_000;

/** Removes what was left of images that were never finished, and gives the files. */
export const removeDrafts = async ({
  directory,
  monitor,
  log,
}: Pick<ImageCache, 'directory' | 'monitor' | 'log'>): Promise<readonly string[]> => {
  const removed: string[] = [];
  for (const name of await namesIn(directory)) {
    if (!name.endsWith(draftSuffix)) continue;
    const draft = join(directory, name);
    const descriptor = openIfThere(draft);
    if (descriptor === undefined) continue;
    try {
      const isOurs = await tryFlock(descriptor, { program: monitor, log, timeoutMs: tryTimeoutMs });
      if (!isOurs || !isSame(descriptor, draft)) continue;
      await rm(draft, { force: true });
      removed.push(draft);
    } finally {
      closeSync(descriptor);
    }
  }
  return removed;
};
