import { constants } from 'node:os';

import { RunxError, hasCode } from '../errors.ts';
import { endsByDefault } from '../oci/signals.ts';

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

const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Once it has ended, its exit code is on the way.
    if (!hasCode(error, 'ESRCH')) throw error;
  }
};

/** Signals to runx in the foreground, which are meant for a process that it waits for. */
export interface CaughtSignals {
  /** The last one that came before `forward`. */
  readonly caught: () => NodeJS.Signals | undefined;
  /** Rejects when one comes that ends a process, before `forward`. */
  readonly interrupted: Promise<never>;
  /** From here on they go to this process; so does the one that came before. */
  readonly forward: (pid: number) => void;
}

export const catchSignals = (): CaughtSignals => {
  let pid: number | undefined;
  let early: NodeJS.Signals | undefined;
  let interrupt: (error: RunxError) => void = () => {};
  const interrupted = new Promise<never>((_resolve, reject) => {
    interrupt = reject;
  });
  interrupted.catch(() => {});
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (pid !== undefined) {
        sendSignal(pid, signal);
        return;
      }
      early = signal;
      if (endsByDefault(constants.signals[signal])) {
        interrupt(new RunxError(`interrupted by ${signal}`));
      }
    });
  }
  return {
    caught: () => early,
    interrupted,
    forward: (to) => {
      pid = to;
      if (early !== undefined) sendSignal(pid, early);
    },
  };
};
