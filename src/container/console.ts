import type { Socket } from 'node:net';

import { RunxError, messageOf, sentences } from '../errors.ts';
import type { Log } from '../log.ts';
import { connectMonitor, makeFrameReader, renderFrames } from '../monitor/attach.ts';
import { killedExitCode } from '../oci/signals.ts';
import { run } from '../process.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { lastLines, openOutput } from './logs.ts';
import { statusOf } from './status.ts';
import { containerDirectory, domainOf, loadRecord, loadSavedSpec } from './record.ts';

const detachKey = 0x1d; // ^]
const defaultRows = 24;

/** Passes input on, and the window's size; what undoes it comes back. */
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

/** Makes the terminal pass all bytes as they are, both ways, until setRawMode gives it back. */
const makeRaw = async (log: Log): Promise<void> => {
  process.stdin.setRawMode(true);
  // Node leaves it on that a line feed becomes two characters, and the guest has done that.
  const args = ['-F', `/proc/${process.pid}/fd/0`, '-opost'];
  await run('stty', args, { log, timeoutMs: 10_000 }).catch((error: unknown) => {
    log.debug(messageOf(error));
  });
};

/** How it ended: nothing was ever sent, or the container's exit code if that came. */
interface Shown {
  readonly refused: boolean;
  readonly exitCode: number | undefined;
}

/** Shows what comes until the connection ends. */
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
      else if (type === 'm') warn(`${body.readUInt32LE(0)} bytes of output were missed`);
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

/**
 * Has a container's output and input on those of runx, until it ends, with its exit code,
 * or until ^] on a terminal, with 0.
 */
export const attachToContainer = async (context: Context, idText: string): Promise<number> => {
  const { root, log } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  domainOf(record);
  await (await openOutput(context, id)).close();
  const spec = await loadSavedSpec(root, id);
  const terminal = spec?.process?.terminal ?? false;
  const status = await statusOf(root, record);
  const socket =
    status === 'stopped' ? undefined : await connectMonitor(containerDirectory(root, id));
  if (socket === undefined) throw new RunxError(sentences.notRunning);
  if (process.stdin.isTTY && process.stderr.isTTY) {
    const how = terminal ? '^] detaches' : 'it has no terminal; ^C detaches, ^D ends its input';
    process.stderr.write(`attached to ${id}: ${how}\n`);
  }
  if (terminal && process.stdin.isTTY) await makeRaw(log);
  let detached = false;
  const shown = showFrames(socket, (message) => log.warn(message));
  const letGo = passInput(socket, terminal, () => {
    detached = true;
    socket.destroy();
  });
  try {
    const { refused, exitCode } = await shown;
    if (detached) return 0;
    if (refused) throw new RunxError(`container ${id} has another runx console attached`);
    // A monitor that is killed says no code, and its container is killed with it.
    return exitCode ?? killedExitCode;
  } finally {
    letGo();
    socket.destroy();
  }
};
