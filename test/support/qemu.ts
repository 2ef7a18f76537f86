import { inDom0 } from './dom0.ts';

/**
 * Whether xl's QEMU can serve 9P in this Dom0: it is there, and older than 10, and so is Xen
 * than 4.19. Found without runx, which must come to the same.
 */
export const hasQemu = async (): Promise<boolean> => {
  const { exitCode } = await inDom0(
    `[ "$(xl info xen_minor)" -lt 19 ] || exit 1
     for file in /usr/lib/xen-*/bin/qemu-system-* /usr/lib/xen/bin/qemu-system-* /usr/libexec/*qemu-system-*; do
       [ -x "$file" ] && "$file" --version | grep -qE 'version [0-9][.]' && exit 0
     done
     exit 1`,
  );
  return exitCode === 0;
};
