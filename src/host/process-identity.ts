import { readFile } from 'node:fs/promises';

import { hasCode } from '../errors.ts';

/** A process of this host that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time from /proc/PID/stat, in clock ticks since boot. */
  readonly startTime: string;
}

/** The start time in the text of /proc/PID/stat (proc(5), field 22); undefined for a zombie. */
export const parseStartTime = (stat: string): string | undefined => {
  // The command's name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
};

/** The process that has this pid now; undefined when the pid is free or a zombie's. */
export const findIdentity = async (pid: number): Promise<ProcessIdentity | undefined> => {
  try {
    const startTime = parseStartTime(await readFile(`/proc/${pid}/stat`, 'utf8'));
    return startTime === undefined ? undefined : { pid, startTime };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
};

/** Whether the process has not ended. */
export const isAlive = async ({ pid, startTime }: ProcessIdentity): Promise<boolean> =>
  (await findIdentity(pid))?.startTime === startTime;

/** Sends a signal to the process; false when the process has ended. */
export const sendSignal = async (
  identity: ProcessIdentity,
  signal: NodeJS.Signals | number,
): Promise<boolean> => {
  if (!(await isAlive(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
};

/** Waits for the end of the process; false when it has not ended in time. */
export const waitForEnd = async (
  identity: ProcessIdentity,
  timeoutMs: number,
  pollMs = 20,
): Promise<boolean> => {
  const deadline = performance.now() + timeoutMs;
  while (await isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
};

/** How long a process may take to end by itself, and once it is killed. */
export interface EndOptions {
  readonly patienceMs: number;
  readonly killedMs: number;
}

/** Waits `patienceMs` for the end of the process, then kills it and waits `killedMs` at most. */
export const endProcess = async (
  identity: ProcessIdentity,
  { patienceMs, killedMs }: EndOptions,
): Promise<void> => {
  if (patienceMs > 0 && (await waitForEnd(identity, patienceMs))) return;
  await sendSignal(identity, 'SIGKILL');
  await waitForEnd(identity, killedMs);
};
