import { promises as fs } from 'node:fs';

/** A line of /proc/PID/mountinfo (proc(5)). */
export interface MountInfo {
  /** Device number of the file system, "MAJOR:MINOR": that of its block device, if it has one. */
  readonly device: string;
  /** The path inside the file system that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  /** Mount options of this mount. */
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  /** Mount options of the file system, which several mounts can share. */
  readonly superOptions: readonly string[];
  readonly unbindable: boolean;
}

/** Decodes the octal escapes for blanks and backslashes in a path of mountinfo. */
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

/** The visible mount at a mount point: the last one mounted there. */
export const mountAt = (mounts: readonly MountInfo[], directory: string): MountInfo | undefined =>
  mounts.findLast(({ mountPoint }) => mountPoint === directory);

// An autofs is not mounted yet, and an nsfs is a namespace; neither has files to share.
const notFiles = new Set(['autofs', 'nsfs']);

/**
 * The mounts that a recursive bind mount of `directory` includes, parents first.  If several mounts
 * are on one mount point, only the visible one is returned.
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

let parsed: { readonly text: string; readonly mounts: readonly MountInfo[] } | undefined;

/** Reads the mounts in the mount namespace of runx; they are parsed again only if they changed. */
export const loadMounts = async (): Promise<readonly MountInfo[]> => {
  const text = await fs.readFile('/proc/self/mountinfo', 'utf8');
  if (parsed?.text !== text) parsed = { text, mounts: parseMountInfo(text) };
  return parsed.mounts;
};
