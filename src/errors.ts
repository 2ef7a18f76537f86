/** An expected failure: the message is the last word to the user and the engine. */
export class RunxError extends Error {}

/** The command line is wrong. */
export class UsageError extends RunxError {}

/** A program that runx called has failed. */
export class ToolError extends RunxError {
  readonly tool: string;
  readonly args: readonly string[];
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  readonly stderr: string;

  constructor(tool: string, args: readonly string[], outcome: ToolOutcome) {
    super(toolMessage(tool, args, outcome));
    this.tool = tool;
    this.args = args;
    this.exitCode = outcome.exitCode;
    this.timedOut = outcome.timedOut ?? false;
    this.stderr = outcome.stderr;
  }
}

interface ToolOutcome {
  readonly exitCode: number | undefined;
  readonly timedOut?: boolean | undefined;
  readonly stderr: string;
  /** Why it failed, if not by its exit code: a signal, a timeout, a program that is missing. */
  readonly reason?: string | undefined;
}

const toolMessage = (tool: string, args: readonly string[], outcome: ToolOutcome): string => {
  const how = outcome.reason ?? `failed with exit code ${outcome.exitCode}`;
  const lines = outcome.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const said = lines.length === 0 ? '' : `: ${lines.join('; ')}`;
  return `${[tool, args[0]].filter(Boolean).join(' ')} ${how}${said}`;
};

/** Sentences that engines match: containerd's shim, conmon and docker know runc's words. */
export const sentences = {
  exists: 'container with given ID already exists',
  doesNotExist: 'container does not exist',
  notRunning: 'container not running',
  notPaused: 'container not paused',
  alreadyRunning: 'cannot start an already running container',
  stoppedStart: 'cannot start a container that has stopped',
  pausedStart: 'cannot start a container in the paused state',
  notStopped: (id: string, status: string) =>
    `cannot delete container ${id} that is not stopped: ${status}`,
  commandNotFound: (name: string) =>
    `exec: ${JSON.stringify(name)}: executable file not found in $PATH`,
  fileNotFound: (name: string) =>
    `exec: ${JSON.stringify(name)}: stat ${name}: no such file or directory`,
  notExecutable: (name: string) => `exec: ${JSON.stringify(name)}: permission denied`,
  unknownSignal: (name: string) => `unknown signal ${JSON.stringify(name)}`,
  cannotExec: (status: string) =>
    status === 'paused'
      ? 'cannot exec in a paused container'
      : `cannot exec in a ${status} container`,
  isSandbox: (id: string) =>
    `container ${id} is the sandbox of a pod, which has no domain and no process`,
  uselessConsoleSocket: 'cannot use console socket if runx will not detach or allocate tty',
  noProcess: 'process property must not be empty',
  hookFailed: (name: string, index: number, how: string) =>
    `error running ${name} hook #${index}: ${how}`,
  noTerminal: 'cannot allocate tty if runx will detach without setting console socket',
} as const;

/** The message of anything thrown, for an error made of it. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Whether `error` is a system error with this code, such as ENOENT. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
