import { type FileHandle, open } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';

import { hasCode } from '../errors.ts';

/** Connects to the console socket of a container with kept output; undefined without a monitor. */
export const connectConsole = async (stateDirectory: string): Promise<Socket | undefined> => {
  let directory: FileHandle | undefined;
  try {
    directory = await open(stateDirectory);
    // The path of a socket is limited to 107 bytes (unix(7)), and an id can be longer than that.
    const socket = connect(`/proc/self/fd/${directory.fd}/attach`);
    await once(socket, 'connect');
    // If the monitor is killed, the connection is reset; "close" follows, and that is enough.
    socket.on('error', () => {});
    return socket;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ECONNREFUSED')) return undefined;
    throw error;
  } finally {
    await directory?.close();
  }
};
