import { type Config, defaultConfigFile, loadConfig, parseConfig } from '../config.ts';
import { messageOf } from '../errors.ts';
import { readIfReadable } from './files.ts';
import type { Point } from './point.ts';

export interface ConfigurationFacts {
  /** The defaults where there is a problem. */
  readonly config: Config;
  readonly path: string;
  readonly isThere: boolean;
  readonly problem: string | undefined;
}

/** Reads runx.toml, or the file of --config. */
export const findConfiguration = async (file: string | undefined): Promise<ConfigurationFacts> => {
  const path = file ?? defaultConfigFile;
  const isThere = (await readIfReadable(path)) !== undefined;
  try {
    return { config: await loadConfig(file), path, isThere, problem: undefined };
  } catch (error) {
    return { config: parseConfig({}, path), path, isThere, problem: messageOf(error) };
  }
};

/** Whether runx.toml can be used. */
export const checkConfiguration = ({ path, isThere, problem }: ConfigurationFacts): Point => {
  const name = 'configuration';
  if (problem === undefined) {
    return { name, status: 'ok', found: isThere ? path : `no ${path}, so the defaults` };
  }
  return {
    name,
    status: 'error',
    found: `${problem} (what follows is about the defaults)`,
    remedy: 'correct the file: "Configuration" in the README has its keys',
  };
};
