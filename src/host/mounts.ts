import { readFile } from 'node:fs/promises';

/** A line of /proc/PID/mountinfo (proc(5)). */
export interface MountInfo {
  /** Number of the file system, "MAJOR:MINOR"; that of the block device that it is on. */
  readonly device: string;
  /** What of the file system is mounted: a path in it. */
  readonly root: string;
  readonly mountPoint: string;
  /** Flags of this mount, as mount options. */
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  /** Options of the file system, which several mounts can share. */
  readonly superOptions: readonly string[];
  readonly unbindable: boolean;
}

/** A path as the kernel's tables of mounts write it: blanks and backslashes in octal. */
export const unescapePath = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );

export const parseMountInfo = (text: string): readonly MountInfo[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [own = '', fileSystem = ''] = line.split(' - ');
      const [type = '', source = '', superOptions = ''] = fileSystem.split(' ');
      const [, , device = '', root = '', mountPoint = '', options = '', ...tags] = own.split(' ');
      return {
        device,
        root: unescapePath(root),
        mountPoint: unescapePath(mountPoint),
        options: options.split(','),
        type,
        source: unescapePath(source),
        superOptions: superOptions.split(','),
        unbindable: tags.includes('unbindable'),
      };
    });

/** What is seen at a mount point: the last of the mounts on it. */
export const mountAt = (mounts: readonly MountInfo[], directory: string): MountInfo | undefined =>
  mounts.findLast(({ mountPoint }) => mountPoint === directory);

// The first stands for a mount that is not there yet, the second for a namespace.
const notFiles = new Set(['autofs', 'nsfs']);

/**
 * What a recursive bind mount of `directory` brings along, parents first: the mounts
 * below it, the last one where several are on one mount point.
 */
export const mountsBelow = (
  mounts: readonly MountInfo[],
  directory: string,
): readonly MountInfo[] => {
  const prefix = directory === '/' ? '/' : `${directory}/`;
  const found = new Map<string, MountInfo>();
  for (const mount of mounts) {
    if (mount.mountPoint.startsWith(prefix) && mount.mountPoint !== directory) {
      found.set(mount.mountPoint, mount);
    }
  }
  return [...found.values()]
    .filter(({ unbindable, type }) => !unbindable && !notFiles.has(type))
    .toSorted((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1));
};

/** This host's mounts, as runx sees them. */
export const loadMounts = async (): Promise<readonly MountInfo[]> =>
  parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
