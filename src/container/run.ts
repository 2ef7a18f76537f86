import { constants } from 'node:os';

import { RunxError, messageOf, sentences } from '../errors.ts';
import { endsByDefault, killedExitCode } from '../oci/signals.ts';
import { waitForEnd } from '../host/process-identity.ts';
import { createContainer } from './create.ts';
import type { Context } from '../context.ts';
import { deleteContainer } from './delete.ts';
import { catchSignals } from './signals.ts';
import { startContainer } from './start.ts';
import { withUndo } from './undo.ts';

export interface RunContainerOptions {
  readonly id: string;
  readonly bundle: string;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  /** Its output and its terminal stay with the container. */
  readonly keepOutput: boolean;
  readonly detach: boolean;
  /** Leaves the container's state after its end. */
  readonly keep: boolean;
}

const monitorEndsMs = 30_000;

/** Creates and starts a container; in the foreground, waits for it and removes it. */
export const runContainer = async (
  context: Context,
  options: RunContainerOptions,
): Promise<number> => {
  const { id } = options;
  const foreground = !options.detach;
  const signals = catchSignals();
  const monitor = await withUndo(context.log, async (undo) => {
    const created = await createContainer(context, { ...options, foreground });
    undo(`deleting ${id}`, () => deleteContainer(context, id, true));
    const early = signals.caught();
    if (early !== undefined && endsByDefault(constants.signals[early])) {
      throw new RunxError(`interrupted by ${early} while creating ${id}`);
    }
    await startContainer(context, id);
    return created;
  });
  signals.forward(monitor.identity.pid);
  if (!foreground) {
    monitor.release();
    return 0;
  }
  // A monitor that is killed says no code, and its container is killed with it.
  const exitCode = await monitor.exitCode().catch(() => killedExitCode);
  monitor.release();
  // The monitor says the code a moment before it is gone.
  await waitForEnd(monitor.identity, monitorEndsMs);
  if (!options.keep) await deleteOwn(context, id);
  return exitCode;
};

/** Deletes the container unless somebody else has. */
const deleteOwn = async (context: Context, id: string): Promise<void> => {
  try {
    await deleteContainer(context, id, false);
  } catch (error) {
    if (messageOf(error) !== sentences.doesNotExist) throw error;
  }
};
