import type { Hash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The directories of an overlay mount; the topmost lower directory comes first. */
export interface Overlay {
  readonly lower: readonly string[];
  readonly upper: string | undefined;
}

/** A rootfs and the directories that its content comes from. */
export interface Content {
  readonly rootfs: string;
  /** The overlay that is mounted at the rootfs; undefined if the rootfs is not an overlay. */
  readonly overlay: Overlay | undefined;
  /** The mount points below the rootfs. */
  readonly below: readonly string[];
}

// The format of images; a change of this text makes all images anew.
const format = 'erofs lz4 64k 1';

// File names are bytes; latin1 maps each byte to one character.
const encoding = 'latin1';
const bytes = (path: string): Buffer => Buffer.from(path, encoding);

const hasContent = (stats: BigIntStats): boolean => stats.isFile() && stats.size > 0n;

const linkOf = (path: string, stats: BigIntStats): string =>
  stats.isSymbolicLink() ? readlinkSync(bytes(path), { encoding }) : '';

const namesIn = (directory: string): readonly string[] =>
  readdirSync(bytes(directory), { encoding }).toSorted();

interface Scan {
  readonly hash: Hash;
  /** Whether the size and times of directories, links and empty files count too. */
  readonly strict: boolean;
  /** The mount point of the overlay, if the tree is its upper directory. */
  readonly merged?: string;
}

/** Adds the results of lstat(2) for a whole tree. */
const addTree = (scan: Scan, directory: string, path = ''): void => {
  const { hash, strict, merged } = scan;
  const here = join(directory, path);
  const stats = lstatSync(bytes(here), { bigint: true });
  const { mode, uid, gid, rdev, ino, size, mtimeNs, ctimeNs } = stats;
  const isDated = strict || hasContent(stats);
  // The inode number matters: two files can have the same times, within one tick of the clock.
  const words = [mode, uid, gid, rdev, ...(isDated ? [ino, size, mtimeNs, ctimeNs] : [])];
  // A path cannot contain a NUL.
  hash.update(`${path}\0${words.join(' ')}\0${linkOf(here, stats)}\0`, encoding);
  if (!stats.isDirectory()) return;
  // An upper directory can be opaque, which shows only in the names of the merged directory.
  if (merged !== undefined) hash.update(`${namesIn(join(merged, path)).join('\0')}\0\0`, encoding);
  for (const name of namesIn(here)) addTree(scan, directory, join(path, name));
};

const encode = (path: string): string => Buffer.from(path).toString(encoding);

/** Adds the path, inode and change time of a lower layer, which does not change while mounted. */
const addLower = (hash: Hash, directory: string): void => {
  const path = realpathSync(directory);
  const { ino, ctimeNs } = lstatSync(path, { bigint: true });
  hash.update(`${path}\0${ino} ${ctimeNs}\0`);
};

// docker makes an init layer for each container, with empty files as mount points.
const isInitLayer = (directory: string): boolean => realpathSync(directory).endsWith('-init/diff');

const addOverlay = (hash: Hash, rootfs: string, { lower, upper }: Overlay): void => {
  if (upper !== undefined) {
    addTree({ hash, strict: false, merged: encode(rootfs) }, encode(upper));
  }
  for (const [index, directory] of lower.entries()) {
    if (index === 0 && isInitLayer(directory)) addTree({ hash, strict: false }, encode(directory));
    else addLower(hash, directory);
  }
};

// A relative path in the mount options refers to an unknown working directory.
const isAbsolute = ({ lower, upper = '/' }: Overlay): boolean =>
  [...lower, upper].every((directory) => directory.startsWith('/'));

/**
 * Computes a name for the content of a rootfs without reading its files: from the layers of an
 * overlay, or else from sizes and times.  Equal content may have different names.  Changed content
 * gets another name, with one exception: a change of extended attributes only, of a directory, link
 * or empty file in the upper directory of an overlay.
 */
export const identifyContent = ({ rootfs, overlay, below }: Content): string => {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256').update(`${format}\0`);
  if (overlay !== undefined && isAbsolute(overlay)) {
    addOverlay(hash, rootfs, overlay);
    for (const directory of below) {
      hash.update(`${relative(rootfs, directory)}\0`);
      addTree({ hash, strict: true }, encode(directory));
    }
  } else {
    if (overlay === undefined) hash.update(`${realpathSync(rootfs)}\0`);
    addTree({ hash, strict: overlay === undefined }, encode(rootfs));
  }
  return hash.digest('hex').slice(0, 32);
};
