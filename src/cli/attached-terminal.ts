import type { Socket } from 'node:net';

import { RunxError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { run } from '../process.ts';
import { makeFrameReader, renderFrames } from '../protocol/frames.ts';
import { lastLines } from '../last-lines.ts';

const detachKey = 0x1d; // ^]
const defaultRows = 24;

/** Forwards standard input and the size of the window; returns a function that stops this. */
const passInput = (socket: Socket, terminal: boolean, detach: () => void): (() => void) => {
  const { stdin, stdout } = process;
  const take = (bytes: Buffer): void => {
    const key = stdin.isTTY ? bytes.indexOf(detachKey) : -1;
    const input = key === -1 ? bytes : bytes.subarray(0, key);
    if (input.length > 0 && !socket.write(renderFrames('I', input))) {
      stdin.pause();
      socket.once('drain', () => stdin.resume());
    }
    if (key !== -1) detach();
  };
  const end = (): void => {
    if (!terminal) socket.write(renderFrames('E', Buffer.alloc(0)));
  };
  const resize = (): void => {
    const size = Buffer.alloc(4);
    size.writeUInt16LE(stdout.rows, 0);
    size.writeUInt16LE(stdout.columns, 2);
    socket.write(renderFrames('W', size));
  };
  stdin.on('data', take).on('end', end);
  if (terminal && stdout.isTTY) {
    stdout.on('resize', resize);
    resize();
  }
  return () => {
    stdout.off('resize', resize);
    stdin.off('data', take).off('end', end);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.destroy();
  };
};

/** Makes the terminal pass all bytes unchanged in both directions, until setRawMode(false). */
const makeRaw = async (log: Log): Promise<void> => {
  process.stdin.setRawMode(true);
  // Node.js leaves "opost" on, which translates line feeds; the guest has already done that.
  const args = ['-F', `/proc/${process.pid}/fd/0`, '-opost'];
  await run('stty', args, { log, timeoutMs: 10_000 }).catch((error: unknown) => {
    log.debug(messageOf(error));
  });
};

/** How a connection ended: refused, if nothing was received, or with an exit code if it came. */
interface Shown {
  readonly refused: boolean;
  readonly exitCode: number | undefined;
}

/** Prints the output that is received until the connection ends. */
const showFrames = async (socket: Socket, warn: (message: string) => void): Promise<Shown> => {
  const { stdout } = process;
  const read = makeFrameReader();
  const past: Buffer[] = [];
  let refused = true;
  let exitCode: number | undefined;
  const show = (bytes: Buffer): void => {
    if (stdout.write(bytes)) return;
    socket.pause();
    stdout.once('drain', () => socket.resume());
  };
  socket.on('data', (bytes: Buffer) => {
    refused = false;
    for (const { type, body } of read(bytes)) {
      if (type === 'p' && body.length > 0) past.push(body);
      else if (type === 'p') show(lastLines(Buffer.concat(past), stdout.rows || defaultRows));
      else if (type === '1') show(body);
      else if (type === 'm')
        warn(
          `${body.readUInt32LE(0)} bytes of output were lost, because this console was too slow`,
        );
      else if (type === 'x') exitCode = body.readUInt8(0);
    }
  });
  await new Promise<void>((resolve, reject) => {
    stdout.once('error', (error) => reject(new RunxError(`standard output: ${error.message}`)));
    socket.once('close', () => resolve());
    if (socket.closed) resolve();
  });
  return { refused, exitCode };
};

/** Why a console ended: the user detached, another console is attached, or the container ended. */
export type Detachment =
  | { readonly how: 'detached' }
  | { readonly how: 'refused' }
  | { readonly how: 'ended'; readonly exitCode: number | undefined };

/** The console of a container to attach to. */
export interface AttachedConsole {
  readonly socket: Socket;
  /** Whether the container has a terminal. */
  readonly terminal: boolean;
  readonly log: Log;
}

/** Connects a console to standard input and output until the user types ^] or the console ends. */
export const showConsole = async ({
  socket,
  terminal,
  log,
}: AttachedConsole): Promise<Detachment> => {
  if (terminal && process.stdin.isTTY) await makeRaw(log);
  let detached = false;
  const shown = showFrames(socket, (message) => log.warn(message));
  const letGo = passInput(socket, terminal, () => {
    detached = true;
    socket.destroy();
  });
  try {
    const { refused, exitCode } = await shown;
    if (detached) return { how: 'detached' };
    return refused ? { how: 'refused' } : { how: 'ended', exitCode };
  } finally {
    letGo();
    socket.destroy();
  }
};
