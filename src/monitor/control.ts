import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { type ProcessIdentity, findIdentity } from '../host/process-identity.ts';

/** A process of runx-monitor (a monitor or holder), while runx is connected to it. */
export interface MonitorProcess {
  readonly identity: ProcessIdentity;
  /** Waits for the exit code of the container or process that it stands for. */
  readonly exitCode: () => Promise<number>;
  /** Closes the connection, which otherwise keeps runx running. */
  readonly release: () => void;
}

/** The two directions of the control lines (src/monitor/README.md). */
export interface Control extends MonitorProcess {
  readonly send: (line: string) => void;
  readonly sendBytes: (bytes: Uint8Array) => void;
  /**
   * Waits for the first line with this key; rejects after a line "error", at the end, and after
   * `timeoutMs`, if given.
   */
  readonly receive: (key: string, timeoutMs?: number) => Promise<string>;
}

/** Reads lines `KEY VALUE`; the result waits for the first value of a key. */
const readLines = (socket: Socket): Control['receive'] => {
  const waiting = new Map<string, (value: string) => void>();
  const seen = new Map<string, string>();
  let reject: (error: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, rejectWith) => {
    reject = rejectWith;
  });
  failed.catch(() => {});
  const lines = createInterface({ input: socket, crlfDelay: Infinity });
  lines.on('line', (line) => {
    const [key = '', ...rest] = line.split(' ');
    const value = rest.join(' ');
    if (key === 'error') reject(new RunxError(value));
    seen.set(key, value);
    waiting.get(key)?.(value);
  });
  const ended = new RunxError('the monitor ended unexpectedly');
  lines.on('close', () => reject(ended));
  // The interface emits the errors of the socket too, such as a reset when the monitor is killed.
  for (const source of [socket, lines]) {
    source.on('error', (error: Error) => {
      reject(hasCode(error, 'ECONNRESET') ? ended : new RunxError(`monitor: ${messageOf(error)}`));
    });
  }
  return async (key, timeoutMs) => {
    const value = seen.get(key);
    if (value !== undefined) return value;
    const arrival = new Promise<string>((resolve) => waiting.set(key, resolve));
    const late = (): void =>
      reject(
        new RunxError(`the monitor did not send "${key}" within ${Number(timeoutMs) / 1000} s`),
      );
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
    try {
      return await Promise.race([arrival, failed]);
    } finally {
      clearTimeout(timer);
    }
  };
};

export const parseNumber = (text: string, what: string): number => {
  if (!/^\d+$/.test(text)) throw new RunxError(`monitor: invalid ${what} "${text}"`);
  return Number(text);
};

/** Starts the dialogue with a new process, whose first line is its pid. */
export const openControl = async (socket: Socket): Promise<Control> => {
  const receive = readLines(socket);
  const identity = await findIdentity(parseNumber(await receive('pid'), 'pid'));
  if (identity === undefined) {
    await receive('exit'); // throws the error of the process, if it sent one
    throw new RunxError('the monitor ended at once');
  }
  return {
    identity,
    receive,
    send: (line) => void socket.write(`${line}\n`),
    sendBytes: (bytes) => void socket.write(bytes),
    exitCode: async () => parseNumber(await receive('exit'), 'exit code'),
    release: () => {
      socket.end();
      socket.unref();
    },
  };
};
