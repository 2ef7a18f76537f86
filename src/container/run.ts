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

/** Creates and starts a container; in the foreground, waits for it and removes it. */
export const runContainer = async (
  context: Context,
  options: RunContainerOptions,
): Promise<number> => {
  const { id } = options;
  const foreground = !options.detach;
  const monitor = await createContainer(context, { ...options, foreground });
  const { pid } = monitor.identity;
  const forward = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile, and its exit code is on the way.
    }
  };
  if (foreground) for (const signal of forwarded) process.on(signal, forward);
  await withUndo(context.log, async (undo) => {
    undo(`deleting ${id}`, () => deleteContainer(context, id, true));
    await startContainer(context, id);
  });
  if (!foreground) {
    monitor.release();
    return 0;
  }
  const exitCode = await monitor.exitCode();
  monitor.release();
  if (!options.keep) await deleteContainer(context, id, false);
  return exitCode;
};
