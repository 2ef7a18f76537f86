import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { open, readFile, readdir, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { RunxError, ToolError, hasCode, messageOf } from '../errors.ts';
import { namesIn } from '../host/files.ts';
import type { Context } from '../context.ts';
import { isStillAt, openDescriptor } from '../host/flock.ts';
import {
  type RunxMonitor,
  lock,
  openRunxMonitor,
  runConfined,
  tryLock,
} from '../host/runx-monitor.ts';
import { findProgram } from '../process.ts';
import { exportsDirectory } from '../protocol/contract.ts';
import { bytesPerMiB } from '../units.ts';
import { showProgress } from './progress.ts';

/** The directory of images, and the program that makes them. */
export interface ImageCache {
  readonly directory: string;
  readonly limitMiB: number;
  /** mkfs.erofs: a name on PATH or an absolute path. */
  readonly mkfs: string;
  readonly tool: RunxMonitor;
}

/** Opens the cache of images in `data_root` of runx.toml. */
export const openImageCache = ({ config, log }: Pick<Context, 'config' | 'log'>): ImageCache => ({
  directory: join(config.data_root, 'images'),
  limitMiB: config.images_mib,
  mkfs: config.mkfs_erofs,
  tool: openRunxMonitor({ config, log }),
});

const buildTimeoutMs = 30 * 60_000;
const suffix = '.erofs';
const draftSuffix = '.new';

/** Sets the time of last use of an image to now; false if the image does not exist. */
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

// The path of an export inside the root directory of the confined program.
const seen = (tag: string): string => `${exportsDirectory}/${tag}`;

/** An image that is being written: its file, and a descriptor that holds the lock on the file. */
interface Draft {
  readonly file: string;
  readonly descriptor: number;
}

const build = async (cache: ImageCache, source: Source, draft: Draft): Promise<void> => {
  const { rootfs, stateDirectory } = source;
  const mkfs = await findProgram(cache.mkfs);
  if (mkfs === undefined) {
    throw new RunxError(
      `${cache.mkfs} was not found: install erofs-utils, or install diod to use 9p`,
    );
  }
  await runConfined(cache.tool, {
    stateDirectory,
    shares: [
      {
        tag: 'rootfs',
        exports: [{ path: rootfs, readonly: true, recursive: true, file: false }],
      },
      // The program can write to the draft only, not to other images.
      {
        tag: 'draft',
        exports: [{ path: draft.file, readonly: false, recursive: false, file: true }],
      },
    ],
    file: mkfs,
    args: ['--quiet', '-zlz4', '-C65536', `${seen('draft')}/0`, seen('rootfs')],
    // The program inherits the lock, and so keeps it even if runx is killed.
    descriptor: draft.descriptor,
    timeoutMs: buildTimeoutMs,
  });
};

const toolProblem = (error: unknown): string =>
  error instanceof ToolError && error.stderr.trim() !== ''
    ? (error.stderr.trim().split('\n').at(-1) ?? '')
    : messageOf(error);

/** Makes the image in the draft, then renames the draft to the image. */
const make = async (
  cache: ImageCache,
  source: Source,
  draft: Draft,
  file: string,
): Promise<void> => {
  const { rootfs, identify } = source;
  const stopProgress = showProgress(rootfs, draft.file);
  try {
    ftruncateSync(draft.descriptor);
    await build(cache, source, draft);
    if (join(cache.directory, `${identify()}${suffix}`) !== file) {
      throw new RunxError('the rootfs has changed meanwhile: stop the processes that write to it');
    }
    // The content must be on the disk before the name, in case of a power cut.
    const written = await open(draft.file, 'r');
    await written.sync();
    await written.close();
    await rename(draft.file, file);
  } catch (error) {
    await rm(draft.file, { force: true });
    throw new RunxError(`rootfs ${rootfs}: cannot make an image: ${toolProblem(error)}`);
  } finally {
    stopProgress();
  }
};

/** A rootfs from which an image is made. */
export interface Source {
  readonly rootfs: string;
  /** Computes the name of the current content of the rootfs. */
  readonly identify: () => string;
  /** The container's state directory, in which a mount point can be made. */
  readonly stateDirectory: string;
}

/**
 * Returns the file with the image of a rootfs.  If the image does not exist, the first caller makes
 * it and the others wait.
 */
export const provideImage = async (cache: ImageCache, source: Source): Promise<string> => {
  const { directory, tool } = cache;
  const { ensureDir } = (await import('fs-extra')).default;
  await ensureDir(directory, { mode: 0o700 });
  const file = join(directory, `${source.identify()}${suffix}`);
  const draft = `${file}${draftSuffix}`;
  while (!(await touch(file))) {
    const descriptor = openSync(draft, 'a', 0o600);
    try {
      if (!(await lock(tool, descriptor, buildTimeoutMs))) {
        throw new RunxError(
          `image ${file}: another runx is still making it after ${buildTimeoutMs / 60_000} minutes`,
        );
      }
      // Another runx has renamed or removed the draft that was locked.
      if (!isStillAt(descriptor, draft)) continue;
      if (await touch(file)) {
        await rm(draft, { force: true }); // the image was made before the lock was taken
        continue;
      }
      await make(cache, source, { file: draft, descriptor }, file);
      await evictImages(cache, file);
    } finally {
      closeSync(descriptor);
    }
  }
  return file;
};

/** The backing files of all loop devices of this host. */
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
// An image is not attached to a loop device at once, so a recently used image counts as in use.
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
    const found = await stat(file).catch(() => undefined); // another runx may have removed it
    if (found === undefined) return [];
    return [{ file, bytes: found.blocks * bytesPerBlock, usedMs: found.mtimeMs }];
  });
  return (await Promise.all(images)).flat();
};

/** Chooses the images to remove so that the others fit, the least recently used first. */
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

/** Removes images until the others are within the limit; returns the removed files. */
export const evictImages = async (
  { directory, limitMiB }: Pick<ImageCache, 'directory' | 'limitMiB'>,
  kept?: string,
): Promise<readonly string[]> => {
  const inUse = await filesInUse();
  // The kernel reports paths without symbolic links.
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

/** Removes the drafts that nobody is writing any more; returns the removed files. */
export const removeDrafts = async ({
  directory,
  tool,
}: Pick<ImageCache, 'directory' | 'tool'>): Promise<readonly string[]> => {
  const removed: string[] = [];
  for (const name of await namesIn(directory)) {
    if (!name.endsWith(draftSuffix)) continue;
    const draft = join(directory, name);
    const descriptor = openDescriptor(draft);
    if (descriptor === undefined) continue;
    try {
      if (!(await tryLock(tool, descriptor)) || !isStillAt(descriptor, draft)) continue;
      await rm(draft, { force: true });
      removed.push(draft);
    } finally {
      closeSync(descriptor);
    }
  }
  return removed;
};
