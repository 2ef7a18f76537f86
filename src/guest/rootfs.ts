import { RunxError } from '../errors.ts';
import type { Share } from './shares.ts';

/** How the rootfs reaches the guest: by 9P, from diod or from the QEMU that xl starts. */
export interface Rootfs {
  readonly kind: '9p';
  /** Host directory that is exported. */
  readonly path: string;
  /** Path of the diod server; undefined for QEMU. */
  readonly diod: string | undefined;
}

/** Decides how a rootfs directory reaches the guest; diod, where there is one, needs no QEMU. */
export const planRootfs = (path: string, diod: string | undefined): Rootfs => {
  // xl.cfg(5) has no way to write a comma in a p9 specification.
  if (diod === undefined && path.includes(',')) {
    throw new RunxError(
      `rootfs ${path}: with no diod on this host, its path must not hold a comma`,
    );
  }
  return { kind: '9p', path, diod };
};

/** What of the host the guest gets for its rootfs. */
export const shareOf = (rootfs: Rootfs): Share => ({
  tag: 'rootfs',
  exports: [{ path: rootfs.path, readonly: false, file: false, recursive: true }],
});

/** The file that initrd/init reads to mount the rootfs. */
export const renderRootfs = (rootfs: Rootfs): string => `rootfs=${rootfs.kind}\n`;
