import { createHash, type Hash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';

/** An overlay mount: its directories, the topmost of the lower ones first. */
export interface Overlay {
  readonly lower: readonly string[];
  readonly upper: string | undefined;
}

/** Where the content of a rootfs comes from. */
export interface Content {
  readonly rootfs: string;
  /** The rootfs is a mount of this. */
  readonly overlay: Overlay | undefined;
  /** What is mounted below it. */
  readonly below: readonly string[];
}

// What made the image: another answer here makes new ones.
const format = 'erofs lz4 64k 1';

// Names are bytes; in this form each of them is a character.
const encoding = 'latin1';
const bytes = (path: string): Buffer => Buffer.from(path, encoding);

const hasContent = (stats: BigIntStats): boolean => stats.isFile() && stats.size > 0n;

const linkOf = (path: string, stats: BigIntStats): string =>
  stats.isSymbolicLink() ? readlinkSync(bytes(path), { encoding }) : '';

const namesIn = (directory: string): readonly string[] =>
  readdirSync(bytes(directory), { encoding }).toSorted();

interface Scan {
  readonly hash: Hash;
  /** Whether the times count of what has no content, such as a directory. */
  readonly strict: boolean;
  /** Where the directories are seen with those below them, if the scan is of an upper one. */
  readonly merged?: string;
}

/** Adds all that lstat(2) says of a tree. */
const addTree = (scan: Scan, directory: string, path = ''): void => {
  const { hash, strict, merged } = scan;
  const here = join(directory, path);
  const stats = lstatSync(bytes(here), { bigint: true });
  const { mode, uid, gid, rdev, ino, size, mtimeNs, ctimeNs } = stats;
  const isDated = strict || hasContent(stats);
  // Two files can be written in the same tick of the kernel's clock.
  const words = [mode, uid, gid, rdev, ...(isDated ? [ino, size, mtimeNs, ctimeNs] : [])];
  // A NUL is in no path.
  hash.update(`${path}\0${words.join(' ')}\0${linkOf(here, stats)}\0`, encoding);
  if (!stats.isDirectory()) return;
  // An upper directory can hide what is below it: then fewer names are to be seen.
  if (merged !== undefined) hash.update(`${namesIn(join(merged, path)).join('\0')}\0\0`, encoding);
  for (const name of namesIn(here)) addTree(scan, directory, join(path, name));
};

const encode = (path: string): string => Buffer.from(path).toString(encoding);

/** Adds a lower layer, which nobody writes to: its place and when it was made. */
const addLower = (hash: Hash, directory: string): void => {
  const path = realpathSync(directory);
  const { ino, ctimeNs } = lstatSync(path, { bigint: true });
  hash.update(`${path}\0${ino} ${ctimeNs}\0`);
};

// docker makes this one anew for each container: empty files for its mounts.
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

// Relative to a working directory that nobody knows any more.
const isAbsolute = ({ lower, upper = '/' }: Overlay): boolean =>
  [...lower, upper].every((directory) => directory.startsWith('/'));

/**
 * A name for the content of a rootfs, which costs no reading of files: by the layers of
 * an overlay, else by sizes and times.  Equal content may have different names, but a
 * changed one keeps its name only if all that changed are extended attributes, in the
 * upper layer, of what has no content.
 */
export const identifyContent = ({ rootfs, overlay, below }: Content): string => {
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
