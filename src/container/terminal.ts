import { RunxError, sentences } from '../errors.ts';

/** Throws RunxError if the options about the terminal contradict each other. */
export const checkTerminal = (
  terminal: boolean,
  detach: boolean,
  consoleSocket: string | undefined,
  keepOutput = false,
): void => {
  if (keepOutput && !detach) {
    throw new RunxError('--keep-output needs runx create, or runx run --detach');
  }
  if (keepOutput && consoleSocket !== undefined) {
    throw new RunxError(
      '--keep-output and --console-socket cannot be used together: leave out one of them',
    );
  }
  if (consoleSocket !== undefined && !(terminal && detach)) {
    throw new RunxError(sentences.uselessConsoleSocket);
  }
  if (terminal && detach && consoleSocket === undefined && !keepOutput) {
    throw new RunxError(sentences.noTerminal);
  }
};
