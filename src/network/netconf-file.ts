import { promises as fs } from 'node:fs';
import { relative } from 'node:path';

import type { NetworkConfigurationList } from 'cni-ts-client';

import type { Config } from '../config.ts';
import { RunxError, hasCode, messageOf } from '../errors.ts';
import { openChosenFile } from '../host/chosen-file.ts';
import type { NetworkRequest } from './netconf.ts';

/** Where the files are that NETCONF may name. */
export type NetconfDirectories = Config['netconf_directories'];

const isBelow = (path: string, directory: string): boolean => {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !way.startsWith('/');
};

const maximumBytes = 1024 * 1024;

const readOwned = async (
  path: string,
  isAllowed: (path: string) => boolean,
  refuse: (why: string) => never,
): Promise<string> => {
  const handle = await openChosenFile(path, {
    refuse,
    look: (found, real) => {
      if (!isAllowed(real)) refuse('was replaced while it was opened');
      if (found.uid !== 0) refuse(`belongs to user ${found.uid}; it must belong to root`);
      if (found.mode & 0o022) refuse('is writable by group or others; chmod go-w it');
      if (found.size > maximumBytes) refuse('is larger than 1 MiB');
    },
  });
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
};

/**
 * Reads a CNI network configuration, the path of which may come from an image: it must be in one of
 * the directories, and only root may be able to write it.
 */
export const loadNetworkFile = async (
  file: string,
  directories: NetconfDirectories,
): Promise<NetworkConfigurationList> => {
  const refuse = (why: string): never => {
    throw new RunxError(`NETCONF file ${file} ${why}`);
  };
  let text: string;
  try {
    // A directory that does not exist has no files.
    const real = await Promise.all(directories.map((one) => fs.realpath(one).catch(() => one)));
    const isAllowed = (path: string): boolean => real.some((one) => isBelow(path, one));
    const path = await fs.realpath(file);
    if (!isAllowed(path)) {
      refuse(
        `is not in ${directories.join(' or ') || 'netconf_directories, which is empty'}; move it there, or add its directory to netconf_directories in runx.toml`,
      );
    }
    text = await readOwned(path, isAllowed, refuse);
  } catch (error) {
    if (error instanceof RunxError) throw error;
    return refuse(
      hasCode(error, 'ENOENT') ? 'does not exist' : `cannot be read: ${messageOf(error)}`,
    );
  }
  const { CniError, parseNetworkConfiguration } = await import('cni-ts-client');
  try {
    return parseNetworkConfiguration(text, file);
  } catch (error) {
    throw error instanceof CniError ? new RunxError(`NETCONF file ${error.message}`) : error;
  }
};

/** Reads the network that NETCONF names. */
export const loadNetconfFile = async (
  { file, name }: NetworkRequest,
  directories: NetconfDirectories,
): Promise<NetworkConfigurationList> => {
  const list = await loadNetworkFile(file, directories);
  if (list.name !== name) {
    throw new RunxError(`NETCONF file ${file} has the network "${list.name}", not "${name}"`);
  }
  return list;
};
