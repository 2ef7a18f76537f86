import type { DomainType } from '../xen/domain-type.ts';
import type { Architecture } from './binary.ts';
import type { Point } from './point.ts';

/** Kernel options that every container needs; kernel/README.md explains each. */
export const vitalOptions = [
  'XEN',
  'HVC_XEN',
  'HVC_XEN_FRONTEND',
  'NET_9P_XEN',
  '9P_FS',
  'BLK_DEV_INITRD',
  'DEVTMPFS',
  'PROC_FS',
  'PROC_SYSCTL',
  'SYSFS',
  'TMPFS',
  'UNIX98_PTYS',
  'UTS_NS',
  'IPC_NS',
  'PID_NS',
] as const;

/** Kernel options that some containers need, and the feature that each option provides. */
export const usefulOptions = {
  UEVENT_HELPER: 'runx exec',
  XEN_NETDEV_FRONTEND: 'networks',
  XEN_BLKDEV_FRONTEND: 'rootfs on a disk',
  EROFS_FS: 'images of a rootfs',
  EROFS_FS_ZIP: 'compressed images',
  OVERLAY_FS: 'writes to an image',
  EXT4_FS: 'writable layer on a disk',
  XEN_BALLOON: 'runx update --memory',
  SECCOMP_FILTER: 'seccomp profiles',
  USER_NS: 'user namespaces',
} as const;

const setOptions = (text: string): ReadonlySet<string> =>
  // An option set to m does not help: the guest cannot load modules.
  new Set([...text.matchAll(/^CONFIG_(\w+)=y$/gm)].map(([, name = '']) => name));

/**
 * Judges the options of a guest kernel.  `text` is the configuration that the kernel was built
 * with; if it is undefined, the result is empty.
 */
export const checkKernelOptions = (
  text: string | undefined,
  kernel: string,
  /** The type of the domains; undefined if it is not known. */
  type: DomainType | undefined,
  host: Architecture,
): readonly Point[] => {
  if (text === undefined) return [];
  const name = 'kernel-options';
  const file = `${kernel}.config`;
  const set = setOptions(text);
  const lacks = (option: string): boolean => !set.has(option);
  const ofType = host === 'x86_64' && type !== undefined ? [`XEN_${type.toUpperCase()}`] : [];
  const vital = [...vitalOptions, ...ofType].filter(lacks);
  const render = (options: readonly string[]): string =>
    options.map((option) => `CONFIG_${option}`).join(', ');
  const remedy = 'build the kernel with these options set to y';
  if (vital.length > 0) {
    const found = `${file} lacks ${render(vital)}`;
    return [{ name, status: 'error', found, remedy }];
  }
  const useful = Object.entries(usefulOptions).filter(([option]) => lacks(option));
  if (useful.length === 0) return [{ name, status: 'ok', found: `${file} has all options` }];
  const without = useful.map(([, what]) => what).join(', ');
  return [
    {
      name,
      status: 'warning',
      found: `${file} lacks ${render(useful.map(([option]) => option))}, needed for ${without}`,
      remedy,
    },
  ];
};
