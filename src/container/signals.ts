import { constants } from 'node:os';

import { RunxError, hasCode } from '../errors.ts';
import { endsByDefault } from '../oci/signals.ts';

// The signals that terminals and supervisors send to a program.
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
    // The process has ended, and its exit code follows.
    if (!hasCode(error, 'ESRCH')) throw error;
  }
};

/** The signals that runx gets in the foreground and forwards to the process that it waits for. */
export interface CaughtSignals {
  /** The last signal that was caught before `forward` was called. */
  readonly caught: () => NodeJS.Signals | undefined;
  /** Rejects if, before `forward` is called, a signal is caught that terminates by default. */
  readonly interrupted: Promise<never>;
  /** Forwards all later signals, and the last earlier one, to this process. */
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
