import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { type ProcessIdentity, findIdentity } from '../host/process-identity.ts';

/** A process of runx-monitor that stands for another one or for a sandbox, while runx speaks with it. */
export interface MonitorProcess {
  readonly identity: ProcessIdentity;
  /** The exit code of what it stands for. */
  readonly exitCode: () => Promise<number>;
  /** Ends the conversation, so that runx can end. */
  readonly release: () => void;
}

/** The two directions of the control lines (src/monitor/README.md). */
export interface Control extends MonitorProcess {
  readonly send: (line: string) => void;
  readonly sendBytes: (bytes: Uint8Array) => void;
  /** The value of the first line with this key; rejects when an error comes instead, or the end. */
  readonly receive: (key: string) => Promise<string>;
}

/** Reads lines `KEY VALUE`; the first value of each key can be waited for. */
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
  // The interface emits its input's errors again, such as a killed monitor's reset.
  for (const source of [socket, lines]) {
    source.on('error', (error: Error) => {
      reject(hasCode(error, 'ECONNRESET') ? ended : new RunxError(`monitor: ${messageOf(error)}`));
    });
  }
  return (key) => {
    const value = seen.get(key);
    if (value !== undefined) return Promise.resolve(value);
    const arrival = new Promise<string>((resolve) => waiting.set(key, resolve));
    return Promise.race([arrival, failed]);
  };
};

const parseNumber = (text: string, what: string): number => {
  if (!/^\d+$/.test(text)) throw new RunxError(`monitor: invalid ${what} "${text}"`);
  return Number(text);
};

/** Opens the conversation with a process that was just started: its first line is its pid. */
export const openControl = async (socket: Socket): Promise<Control> => {
  const receive = readLines(socket);
  const identity = await findIdentity(parseNumber(await receive('pid'), 'pid'));
  if (identity === undefined) {
    await receive('exit'); // the error that comes instead is better than the one below
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
