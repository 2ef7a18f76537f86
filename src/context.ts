import type { Config } from './config.ts';
import type { Log } from './log.ts';

/** The settings of one call of runx, which every operation gets. */
export interface Context {
  readonly config: Config;
  readonly log: Log;
  /** The directory with the state directories of all containers. */
  readonly root: string;
}
