import { constants } from 'node:os';

import { RunxError, hasCode } from '../errors.ts';
import { endsByDefault } from '../oci/signals.ts';
import { waitForMonitor } from '../monitor/monitor.ts';
import { createContainer } from './create.ts';
import type { Context } from './context.ts';
import { deleteContainer } from './delete.ts';
import { startContainer } from './start.ts';
import { withUndo } from './undo.ts';

export interface RunContainerOptions {
  readonly id: string;
  readonly bundle: string;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  readonly detach: boolean;
  /** Leaves the container's state after its end. */
  readonly keep: boolean;
}

// What a terminal or a supervisor sends to the process that it started.
const forwarded = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGCONT',
] as const;

const monitorEndsMs = 30_000;

const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Once it has ended, its exit code is on the way.
    if (!hasCode(error, 'ESRCH')) throw error;
  }
};

/** Creates and starts a container; in the foreground, waits for it and removes it. */
export const runContainer = async (
  context: Context,
  options: RunContainerOptions,
): Promise<number> => {
  const { id } = options;
  const foreground = !options.detach;
  let pid: number | undefined;
  let early: NodeJS.Signals | undefined;
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (pid === undefined) early = signal;
      else sendSignal(pid, signal);
    });
  }
  const monitor = await withUndo(context.log, async (undo) => {
    const created = await createContainer(context, { ...options, foreground });
    undo(`deleting ${id}`, () => deleteContainer(context, id, true));
    if (early !== undefined && endsByDefault(constants.signals[early])) {
      throw new RunxError(`interrupted by ${early} while creating ${id}`);
    }
    await startContainer(context, id);
    return created;
  });
  ({ pid } = monitor.identity);
  // One that came while it was being started.
  if (early !== undefined) sendSignal(pid, early);
  if (!foreground) {
    monitor.release();
    return 0;
  }
  const exitCode = await monitor.exitCode();
  monitor.release();
  // It says the code a moment before it is gone.
  await waitForMonitor(monitor.identity, monitorEndsMs);
  if (!options.keep) await deleteContainer(context, id, false);
  return exitCode;
};
