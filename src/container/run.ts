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
  /** Whether the monitor keeps the output and the terminal (--keep-output). */
  readonly keepOutput: boolean;
  readonly detach: boolean;
  /** Does not delete the container after it ends. */
  readonly keep: boolean;
}

const monitorEndsMs = 30_000;

/**
 * Creates and starts a container.  Waits for it, deletes it and returns its exit code, or returns 0
 * after the start if `detach` is set.
 */
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
  // If the monitor is killed, it sends no exit code and the container is killed with it.
  const exitCode = await monitor.exitCode().catch(() => killedExitCode);
  monitor.release();
  // The monitor sends the exit code shortly before it ends.
  await waitForEnd(monitor.identity, monitorEndsMs);
  if (!options.keep) await deleteOwn(context, id);
  return exitCode;
};

/**
 * Deletes the container unless another process has deleted it.  A failure is logged only, because
 * the exit code of run is the exit code of the container.
 */
const deleteOwn = async (context: Context, id: string): Promise<void> => {
  try {
    await deleteContainer(context, id, false);
  } catch (error) {
    if (messageOf(error) !== sentences.doesNotExist) context.log.error(messageOf(error));
  }
};
