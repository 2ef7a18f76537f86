import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';

/** What runx tells the monitor of a container that is created (src/monitor/README.md). */
export type MonitorLine =
  | 'network'
  | 'start'
  | `signal ${number}`
  | `signal all ${number}`
  | `destroy ${number}`;

/**
 * Writes lines to the monitor of a container, all at once, without waiting for what it does with
 * them.  Returns false if the monitor has ended.
 */
export const tellMonitor = (stateDirectory: string, ...lines: readonly MonitorLine[]): boolean => {
  const file = join(stateDirectory, 'control');
  try {
    const fifo = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      if (!fstatSync(fifo).isFIFO()) throw new RunxError(`${file} is not a FIFO`);
      writeSync(fifo, lines.map((line) => `${line}\n`).join(''));
    } finally {
      closeSync(fifo);
    }
    return true;
  } catch (error) {
    if (error instanceof RunxError) throw error;
    // Nobody reads it, or it is gone.
    if (['ENXIO', 'ENOENT', 'EPIPE'].some((code) => hasCode(error, code))) return false;
    const why = hasCode(error, 'EAGAIN') ? 'the monitor takes no more lines' : messageOf(error);
    throw new RunxError(`${file}: ${why}`);
  }
};
