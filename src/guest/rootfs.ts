import { RunxError } from '../errors.ts';

/** How the rootfs reaches the guest. */
export interface Rootfs {
  readonly kind: '9p';
  /** Host directory that is exported. */
  readonly path: string;
}

/** Decides how a rootfs directory reaches the guest. */
export const planRootfs = (path: string): Rootfs => {
  // xl.cfg(5) has no way to write a comma in a p9 specification.
  if (path.includes(',')) throw new RunxError(`rootfs ${path}: its path must not hold a comma`);
  return { kind: '9p', path };
};

const quoteForShell = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** The file that initrd/init reads to mount the rootfs. */
export const renderRootfs = (rootfs: Rootfs): string =>
  `rootfs=${rootfs.kind}\nrootfs_path=${quoteForShell(rootfs.path)}\n`;
