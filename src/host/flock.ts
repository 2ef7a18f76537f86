import { fstatSync, openSync, statSync } from 'node:fs';

import type { Log } from '../log.ts';
import { ToolError, hasCode } from '../errors.ts';
import { run } from '../process.ts';

/** A descriptor that can be locked; undefined when there is no such file or directory. */
export const openIfThere = (path: string): number | undefined => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

/** Whether the descriptor is on what the path names now. */
export const isSame = (descriptor: number, path: string): boolean => {
  const held = fstatSync(descriptor);
  const named = statSync(path, { throwIfNoEntry: false });
  return named !== undefined && held.ino === named.ino && held.dev === named.dev;
};

export interface FlockOptions {
  /** The runx-monitor program: Node has no flock, and a lock belongs to all who share the descriptor. */
  readonly program: string;
  readonly log: Log;
  readonly timeoutMs: number;
}

/** Locks what the descriptor is open on (flock(2)); false when it is not ours in time. */
export const flock = async (
  descriptor: number,
  { program, log, timeoutMs }: FlockOptions,
): Promise<boolean> => {
  try {
    await run(program, ['lock'], { descriptor, log, timeoutMs });
    return true;
  } catch (error) {
    // A tool that was ended, and not one that failed.
    if (!(error instanceof ToolError) || error.exitCode !== undefined) throw error;
    return false;
  }
};

const locked = 4;

/** The same without waiting. */
export const tryFlock = async (
  descriptor: number,
  { program, log, timeoutMs }: FlockOptions,
): Promise<boolean> => {
  try {
    await run(program, ['lock', '--try'], { descriptor, log, timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof ToolError && error.exitCode === locked) return false;
    throw error;
  }
};
