import { open, realpath } from 'node:fs/promises';
import { relative } from 'node:path';

import type { NetworkConfigurationList } from 'cni-ts-client';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import type { NetworkRequest } from './netconf.ts';

// Directories in which engines unpack images; their files can belong to root too.
const imageStores = ['/var/lib', '/run/containerd', '/run/containers'];

const isBelow = (path: string, directory: string): boolean => {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith('../') && !way.startsWith('/');
};

const maximumBytes = 1024 * 1024;

const readOwned = async (file: string, path: string): Promise<string> => {
  const refuse = (why: string): never => {
    throw new RunxError(`NETCONF file ${file} ${why}`);
  };
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = (await import('node:fs')).constants;
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) refuse('is not a regular file');
    if (found.uid !== 0) refuse(`belongs to user ${found.uid}; it must belong to root`);
    if (found.mode & 0o022) refuse('is writable by group or others; chmod go-w it');
    if (found.size > maximumBytes) refuse('is larger than 1 MiB');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
};

/**
 * Reads the network that NETCONF names.  NETCONF may come from an image, so the file must be one
 * that only root can write and must not lie in an image.  `forbidden` are the container's own
 * directories.
 */
export const loadNetconfFile = async (
  { file, name }: NetworkRequest,
  forbidden: readonly string[],
): Promise<NetworkConfigurationList> => {
  let text: string;
  try {
    const path = await realpath(file);
    const own = await Promise.all(
      forbidden.map((directory) => realpath(directory).catch(() => directory)),
    );
    for (const directory of [...own, ...imageStores]) {
      if (isBelow(path, directory)) {
        throw new RunxError(
          `NETCONF file ${file} is in ${directory}, which can hold files of images and containers; move it to /etc`,
        );
      }
    }
    text = await readOwned(file, path);
  } catch (error) {
    if (error instanceof RunxError) throw error;
    const why = hasCode(error, 'ENOENT') ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
    throw new RunxError(`NETCONF file ${file} ${why}`);
  }
  const { CniError, parseNetworkConfiguration } = await import('cni-ts-client');
  let list: NetworkConfigurationList;
  try {
    list = parseNetworkConfiguration(text, file);
  } catch (error) {
    throw error instanceof CniError ? new RunxError(`NETCONF file ${error.message}`) : error;
  }
  if (list.name !== name) {
    throw new RunxError(`NETCONF file ${file} has the network "${list.name}", not "${name}"`);
  }
  return list;
};
