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

/** Where images are kept, and what makes them. */
export interface ImageCache {
  readonly directory: string;
  readonly limitMiB: number;
  /** mkfs.erofs: a name on PATH or an absolute path. */
  readonly mkfs: string;
  readonly tool: RunxMonitor;
}

/** The cache of images below runx.toml's data_root. */
export const openImageCache = ({ config, log }: Pick<Context, 'config' | 'log'>): ImageCache => ({
  directory: join(config.data_root, 'images'),
  limitMiB: config.images_mib,
  mkfs: config.mkfs_erofs,
  tool: openRunxMonitor({ config, log }),
});

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

// What the confined program sees of its exports.
const seen = (tag: string): string => `${exportsDirectory}/${tag}`;

/** An image that is being written: its file, which is locked, and a descriptor on it. */
interface Draft {
  readonly file: string;
  readonly descriptor: number;
}

const build = async (cache: ImageCache, source: Source, draft: Draft): Promise<void> => {
  const { rootfs, stateDirectory } = source;
  const mkfs = await findProgram(cache.mkfs);
  if (mkfs === undefined) {
    throw new RunxError(`${cache.mkfs} was not found: install erofs-utils, or diod for 9p`);
  }
  await runConfined(cache.tool, {
    stateDirectory,
    shares: [
      {
        tag: 'rootfs',
        exports: [{ path: rootfs, readonly: true, recursive: true, file: false }],
      },
      // The draft alone: other images are not the program's to write.
      {
        tag: 'draft',
        exports: [{ path: draft.file, readonly: false, recursive: false, file: true }],
      },
    ],
    file: mkfs,
    args: ['--quiet', '-zlz4', '-C65536', `${seen('draft')}/0`, seen('rootfs')],
    // While the program writes, nobody else gets the lock, even if runx is killed.
    descriptor: draft.descriptor,
    timeoutMs: buildTimeoutMs,
  });
};

const toolProblem = (error: unknown): string =>
  error instanceof ToolError && error.stderr.trim() !== ''
    ? (error.stderr.trim().split('\n').at(-1) ?? '')
    : messageOf(error);

/** Makes the image in its draft and gives the draft the image's name. */
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
      throw new RunxError('it changed meanwhile; stop what writes to it');
    }
    // A power cut must not leave a name with nothing behind it.
    const written = await open(draft.file, 'r');
    await written.sync();
    await written.close();
    await rename(draft.file, file);
  } catch (error) {
    await rm(draft.file, { force: true });
    throw new RunxError(`making an image of the rootfs ${rootfs}: ${toolProblem(error)}`);
  } finally {
    stopProgress();
  }
};

/** A rootfs from which an image is made. */
export interface Source {
  readonly rootfs: string;
  /** A name for the content of the rootfs as it is now. */
  readonly identify: () => string;
  /** Directory of the container's state, in which a mount point can be made. */
  readonly stateDirectory: string;
}

/** The file with the image of a rootfs.  Where there is none, one of several callers makes it and the others wait. */
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
        throw new RunxError(`another runx has not finished the image ${file}`);
      }
      // The lock was on a draft that another runx has renamed or removed meanwhile.
      if (!isStillAt(descriptor, draft)) continue;
      if (await touch(file)) {
        await rm(draft, { force: true }); // made between the look and the draft
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
// An image is found a while before it is attached to a loop device.
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

/** Removes the drafts of images that were never finished, and gives their files. */
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
