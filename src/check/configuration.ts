import { type Config, defaultConfigFile, loadConfig, parseConfig } from '../config.ts';
import { messageOf } from '../errors.ts';
import { readIfReadable } from './files.ts';
import type { Point } from './point.ts';

export interface ConfigurationFacts {
  /** The settings of the file; the defaults if the file has a problem. */
  readonly config: Config;
  readonly path: string;
  readonly isThere: boolean;
  readonly problem: string | undefined;
}

/** Reads `file`, or the default runx.toml if `file` is undefined. */
export const findConfiguration = async (file: string | undefined): Promise<ConfigurationFacts> => {
  const path = file ?? defaultConfigFile;
  const isThere = (await readIfReadable(path)) !== undefined;
  try {
    return { config: await loadConfig(file), path, isThere, problem: undefined };
  } catch (error) {
    return { config: parseConfig({}, path), path, isThere, problem: messageOf(error) };
  }
};

/** Judges whether runx.toml is valid. */
export const checkConfiguration = ({ path, isThere, problem }: ConfigurationFacts): Point => {
  const name = 'configuration';
  if (problem === undefined) {
    return {
      name,
      status: 'ok',
      found: isThere ? path : `${path} does not exist; runx uses the defaults`,
    };
  }
  return {
    name,
    status: 'error',
    found: `${problem} (the points below are judged by the defaults)`,
    remedy: 'correct the file: runx.toml(5) lists the keys',
  };
};
