import { statSync } from 'node:fs';

import { bytesPerMiB } from '../units.ts';

const intervalMs = 500;

/** Shows on a terminal how the image in `file` grows; what comes back ends that. */
export const showProgress = (rootfs: string, file: string): (() => void) => {
  const { stderr } = process;
  if (!stderr.isTTY) return () => {};
  const show = (): void => {
    const mib = Math.round((statSync(file, { throwIfNoEntry: false })?.size ?? 0) / bytesPerMiB);
    stderr.write(`\rrunx: making an image of ${rootfs}: ${mib} MiB`);
  };
  show();
  const timer = setInterval(show, intervalMs);
  return () => {
    clearInterval(timer);
    // Nothing of it stays: what follows is the container's.
    stderr.write('\r\u001B[K');
  };
};
