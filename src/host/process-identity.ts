import { readFileSync } from 'node:fs';

import { hasCode } from '../errors.ts';

/** Identifies a process of this host, even if its pid is reused later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time from /proc/PID/stat, in clock ticks since boot. */
  readonly startTime: string;
}

/** Renders an identity as `PID STARTTIME`. */
export const renderIdentity = ({ pid, startTime }: ProcessIdentity): string =>
  `${pid} ${startTime}`;

/** Parses what renderIdentity rendered; undefined for anything else. */
export const parseIdentity = (text = ''): ProcessIdentity | undefined => {
  const [, pid, startTime] = /^(\d+) (\d+)$/.exec(text) ?? [];
  return startTime === undefined ? undefined : { pid: Number(pid), startTime };
};

/** Parses the start time in /proc/PID/stat (proc(5), field 22); undefined for a zombie. */
export const parseStartTime = (stat: string): string | undefined => {
  // Field 2, the command name in parentheses, can contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
};

/** Finds the process with this pid; undefined if there is none or it is a zombie. */
export const findIdentity = async (pid: number): Promise<ProcessIdentity | undefined> => {
  try {
    const startTime = parseStartTime(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return startTime === undefined ? undefined : { pid, startTime };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
};

/** Whether the process has not ended. */
export const isAlive = async ({ pid, startTime }: ProcessIdentity): Promise<boolean> =>
  (await findIdentity(pid))?.startTime === startTime;

/** Sends a signal to the process; returns false if the process has ended. */
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

/** Waits until the process ends; returns false after `timeoutMs`. */
export const waitForEnd = async (
  identity: ProcessIdentity,
  timeoutMs: number,
  pollMs = 20,
): Promise<boolean> => {
  const deadline = process.uptime() * 1000 + timeoutMs;
  while (await isAlive(identity)) {
    if (process.uptime() * 1000 > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
};

/** How long to wait for a process to end by itself, and after SIGKILL. */
export interface EndOptions {
  readonly patienceMs: number;
  readonly killedMs: number;
}

/** Waits `patienceMs` for the process to end, then kills it and waits at most `killedMs`. */
export const endProcess = async (
  identity: ProcessIdentity,
  { patienceMs, killedMs }: EndOptions,
): Promise<void> => {
  if (patienceMs > 0 && (await waitForEnd(identity, patienceMs))) return;
  await sendSignal(identity, 'SIGKILL');
  await waitForEnd(identity, killedMs);
};
