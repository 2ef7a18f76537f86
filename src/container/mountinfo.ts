/** A line of /proc/PID/mountinfo (proc(5)). */
export interface MountInfo {
  readonly mountPoint: string;
  /** Flags of this mount, as mount options. */
  readonly options: readonly string[];
  readonly type: string;
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
      const [type = '', , superOptions = ''] = fileSystem.split(' ');
      const [, , , , mountPoint = '', options = '', ...tags] = own.split(' ');
      return {
        mountPoint: unescapePath(mountPoint),
        options: options.split(','),
        type,
        superOptions: superOptions.split(','),
        unbindable: tags.includes('unbindable'),
      };
    });

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
