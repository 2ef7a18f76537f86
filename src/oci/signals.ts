import { constants } from 'node:os';

import { RunxError, sentences } from '../errors.ts';

const realTimeMinimum = 34;
const realTimeMaximum = 64;

/**
 * Parses a signal: a number, also 0, or a name with or without SIG, such as TERM or RTMIN+1.  Throws
 * RunxError for an unknown signal.
 */
export const parseSignal = (text: string): number => {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number <= realTimeMaximum) return number;
    throw new RunxError(sentences.unknownSignal(text));
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = new Map(Object.entries(constants.signals)).get(`SIG${name}`);
  if (number !== undefined) return number;
  const realTime = /^RTM(IN(?:\+(\d+))?|AX(?:-(\d+))?)$/.exec(name);
  if (realTime !== null) {
    const value = realTime[1]?.startsWith('IN')
      ? realTimeMinimum + Number(realTime[2] ?? 0)
      : realTimeMaximum - Number(realTime[3] ?? 0);
    if (value >= realTimeMinimum && value <= realTimeMaximum) return value;
  }
  throw new RunxError(sentences.unknownSignal(text));
};

/** Whether the default action of a signal terminates a process (signal(7)). */
export const endsByDefault = (signal: number): boolean => {
  const { SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } =
    constants.signals;
  const harmless = [SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];
  return !harmless.includes(signal);
};

/** The exit code of a process that SIGKILL ended, by the convention of shells. */
export const killedExitCode = 128 + constants.signals.SIGKILL;
