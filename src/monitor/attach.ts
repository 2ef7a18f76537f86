import { type FileHandle, open } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';

import { hasCode } from '../errors.ts';

const headerLength = 3;
const maximumLength = 1024;

/** A piece of what moves between a monitor and who is attached (frame.h). */
interface Frame {
  readonly type: string;
  readonly body: Buffer;
}

/** As many frames of a type as the bytes take; one if there are none. */
export const renderFrames = (type: 'I' | 'E' | 'W', bytes: Uint8Array): Buffer => {
  const parts: Uint8Array[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += maximumLength) {
    const body = bytes.subarray(start, start + maximumLength);
    parts.push(Buffer.from([type.charCodeAt(0), body.length & 0xff, body.length >> 8]), body);
  }
  return Buffer.concat(parts);
};

/** Takes bytes as they come, and gives the frames that are complete. */
export const makeFrameReader = (): ((bytes: Buffer) => readonly Frame[]) => {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    const frames: Frame[] = [];
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= headerLength) {
      const end = headerLength + rest.readUInt16LE(1);
      if (rest.length < end) break;
      const type = String.fromCharCode(rest.readUInt8(0));
      frames.push({ type, body: rest.subarray(headerLength, end) });
      rest = rest.subarray(end);
    }
    return frames;
  };
};

/** Connects to the monitor of a container that keeps its output; undefined if it is gone. */
export const connectMonitor = async (stateDirectory: string): Promise<Socket | undefined> => {
  let directory: FileHandle | undefined;
  try {
    directory = await open(stateDirectory);
    // The path of a socket has 107 bytes at most, and an id alone can have more.
    const socket = connect(`/proc/self/fd/${directory.fd}/attach`);
    await once(socket, 'connect');
    // That of a monitor that is killed; the connection closes, too.
    socket.on('error', () => {});
    return socket;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ECONNREFUSED')) return undefined;
    throw error;
  } finally {
    await directory?.close();
  }
};
