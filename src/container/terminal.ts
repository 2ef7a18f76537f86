import { RunxError, sentences } from '../errors.ts';

/** Refuses a terminal that nobody would get, and a console socket that would get none. */
export const checkTerminal = (
  terminal: boolean,
  detach: boolean,
  consoleSocket: string | undefined,
  keepOutput = false,
): void => {
  if (keepOutput && !detach) {
    throw new RunxError(
      '--keep-output is for a container that runx leaves: runx create, or runx run --detach',
    );
  }
  if (keepOutput && consoleSocket !== undefined) {
    throw new RunxError(
      '--keep-output and --console-socket cannot both have the terminal: leave out one',
    );
  }
  if (consoleSocket !== undefined && !(terminal && detach)) {
    throw new RunxError(sentences.uselessConsoleSocket);
  }
  if (terminal && detach && consoleSocket === undefined && !keepOutput) {
    throw new RunxError(sentences.noTerminal);
  }
};
