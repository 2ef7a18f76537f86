import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** Registers the undo action of a step; `what` names the action in the warning if it fails. */
export type Undo = (what: string, action: () => Promise<void>) => void;

/**
 * Runs the steps of an operation, which register undo actions.  If a step fails, the undo actions
 * run in reverse order and the error of the step is thrown.
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
