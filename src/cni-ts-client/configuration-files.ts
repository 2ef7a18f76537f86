import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { parseNetworkConfigurationPart, parsePluginConfiguration } from './configuration.ts';
import type { NetworkConfigurationList } from './configuration.ts';
import { ConfigurationError, NetworkNotFoundError } from './errors.ts';
import { errorCodeOf } from './system-error.ts';

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const what = `cannot be read (${errorCodeOf(error) ?? String(error)})`;
    throw new ConfigurationError(file, undefined, what, { cause: error });
  }
};

/**
 * Lists the files of `directory` with one of the endings (such as `.conf`), sorted by name; empty
 * if the directory does not exist.
 */
export const configurationFiles = async (
  directory: string,
  endings: readonly string[],
): Promise<readonly string[]> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .filter((name) => endings.some((ending) => name.endsWith(ending)))
      .toSorted()
      .map((name) => join(directory, name));
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return [];
    const what = `cannot be read (${errorCodeOf(error) ?? String(error)})`;
    throw new ConfigurationError(directory, undefined, what, { cause: error });
  }
};

/**
 * Loads a `.conf`, `.json` or `.conflist` file.  Unless `loadOnlyInlinedPlugins` is true, the
 * plugins of the `.conf` files in the directory NETWORK beside the file are added to the list.
 */
export const loadNetworkConfigurationFile = async (
  file: string,
): Promise<NetworkConfigurationList> => {
  const list = parseNetworkConfigurationPart(await readText(file), file);
  const others = list.loadOnlyInlinedPlugins
    ? []
    : await configurationFiles(join(dirname(file), list.name), ['.conf']);
  const added = await Promise.all(
    others.map(async (other) => parsePluginConfiguration(await readText(other), other)),
  );
  const plugins = [...list.plugins, ...added];
  if (plugins.length === 0) {
    throw new ConfigurationError(file, 'plugins', 'expected a list of plugins');
  }
  return { ...list, plugins };
};

/**
 * Loads the first network with this name in `directory`.  The `.conflist` files come before the
 * `.conf` and `.json` files; each group is sorted by name.  Throws if an earlier file is broken, as
 * libcni does.
 */
export const loadNetworkConfiguration = async (
  directory: string,
  name: string,
): Promise<NetworkConfigurationList> => {
  const lists = await configurationFiles(directory, ['.conflist']);
  const singles = await configurationFiles(directory, ['.conf', '.json']);
  const files = [...lists, ...singles];
  for (const file of files) {
    const list = await loadNetworkConfigurationFile(file);
    if (list.name === name) return list;
  }
  throw new NetworkNotFoundError(directory, name, files.length > 0);
};
