import { type FileHandle, open } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';

import { hasCode } from '../errors.ts';

/** Connects to the console socket of a container that keeps its output; undefined when its monitor is gone. */
export const connectConsole = async (stateDirectory: string): Promise<Socket | undefined> => {
  let directory: FileHandle | undefined;
  try {
    directory = await open(stateDirectory);
    // The path of a socket has 107 bytes at most, and an id alone can have more.
    const socket = connect(`/proc/self/fd/${directory.fd}/attach`);
    await once(socket, 'connect');
    // A monitor that is killed resets the connection, whose end is what counts.
    socket.on('error', () => {});
    return socket;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ECONNREFUSED')) return undefined;
    throw error;
  } finally {
    await directory?.close();
  }
};
