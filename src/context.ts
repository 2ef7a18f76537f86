import type { Config } from './config.ts';
import type { Log } from './log.ts';

/** What every operation is given. */
export interface Context {
  readonly config: Config;
  readonly log: Log;
  /** Directory of the containers' state. */
  readonly root: string;
}
