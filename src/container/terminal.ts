import { RunxError, sentences } from '../errors.ts';

/** Refuses a terminal that nobody would get, and a console socket that would get none. */
export const checkTerminal = (
  terminal: boolean,
  detach: boolean,
  consoleSocket: string | undefined,
): void => {
  if (consoleSocket !== undefined && !(terminal && detach)) {
    throw new RunxError(sentences.uselessConsoleSocket);
  }
  if (terminal && detach && consoleSocket === undefined) throw new RunxError(sentences.noTerminal);
};
