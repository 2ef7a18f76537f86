import type { DomainType } from '../xen/domain-type.ts';
import type { Architecture } from './binary.ts';
import type { Point } from './point.ts';

/** Without them no container starts: kernel/README.md says what each is for. */
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

/** What cannot be had without the others. */
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
  // The guest has no modules to load.
  new Set([...text.matchAll(/^CONFIG_(\w+)=y$/gm)].map(([, name = '']) => name));

/**
 * Whether a guest kernel has what it takes, by the configuration that it was built with;
 * nothing is said of one whose configuration is not there.
 */
export const checkKernelOptions = (
  text: string | undefined,
  kernel: string,
  /** Undefined where it is not known. */
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
  if (vital.length > 0) {
    const found = `${file} lacks ${render(vital)}`;
    return [{ name, status: 'error', found, remedy: 'build the kernel with them set to y' }];
  }
  const useful = Object.entries(usefulOptions).filter(([option]) => lacks(option));
  if (useful.length === 0) return [{ name, status: 'ok', found: `${file} has what is needed` }];
  const without = useful.map(([, what]) => what).join(', ');
  return [
    {
      name,
      status: 'warning',
      found: `${file} lacks ${render(useful.map(([option]) => option))}: no ${without}`,
      remedy: 'build the kernel with them set to y',
    },
  ];
};
