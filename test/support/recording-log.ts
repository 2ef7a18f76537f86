import type { Log } from '../../src/log.ts';

/** A log that keeps what it is told. */
export const recordingLog = (): { log: Log; debugs: string[]; warnings: string[] } => {
  const debugs: string[] = [];
  const warnings: string[] = [];
  const log = {
    debug: (message: string) => void debugs.push(message),
    warn: (message: string) => void warnings.push(message),
    error: () => {},
  };
  return { log, debugs, warnings };
};
