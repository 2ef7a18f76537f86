import { RunxError, sentences } from '../errors.ts';
import type { Process } from '../oci/spec.ts';

/** Where the input and output of a process go. */
interface Streams {
  readonly detach: boolean;
  /** Unix socket that gets the terminal's master. */
  readonly consoleSocket?: string | undefined;
  readonly keepOutput?: boolean;
}

/** Throws RunxError if the options do not fit each other, or a process with or without a terminal. */
export const checkTerminal = (
  { terminal }: Pick<Process, 'terminal'>,
  { detach, consoleSocket, keepOutput = false }: Streams,
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
