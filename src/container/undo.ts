import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** Registers how a step is undone; `what` that is stands in the warning if it fails. */
export type Undo = (what: string, action: () => Promise<void>) => void;

/**
 * Runs the steps of an operation, each of which may register how it is undone; when
 * one fails, the undos run backwards and the first error is the one that is thrown.
 */
export const withUndo = async <T>(log: Log, steps: (undo: Undo) => Promise<T>): Promise<T> => {
  const undos: { what: string; action: () => Promise<void> }[] = [];
  try {
    return await steps((what, action) => undos.push({ what, action }));
  } catch (error) {
    for (const { what, action } of undos.toReversed()) {
      try {
        await action();
      } catch (failure) {
        log.warn(`${what}: ${messageOf(failure)}`);
      }
    }
    throw error;
  }
};
