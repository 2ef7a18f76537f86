import { statSync } from 'node:fs';

import { printable } from '../log.ts';
import { bytesPerMiB } from '../units.ts';

const intervalMs = 500;

/**
 * Shows the growing size of the image `file` on standard error, if that is a terminal.  Returns a
 * function that stops it.
 */
export const showProgress = (rootfs: string, file: string): (() => void) => {
  const { stderr } = process;
  if (!stderr.isTTY) return () => {};
  const show = (): void => {
    const mib = Math.round((statSync(file, { throwIfNoEntry: false })?.size ?? 0) / bytesPerMiB);
    stderr.write(`\rrunx: making an image of ${printable(rootfs)}: ${mib} MiB`);
  };
  show();
  const timer = setInterval(show, intervalMs);
  return () => {
    clearInterval(timer);
    // Erases the line, because the output of the container follows.
    stderr.write('\r\u001B[K');
  };
};
