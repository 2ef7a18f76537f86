import { join } from 'node:path';

import { namesIfReadable, readIfReadable } from './files.ts';
import type { Point } from './point.ts';

/** Reads the names of all processes (/proc/PID/comm) of the host whose root is at `root`. */
export const findProcessNames = async (root = '/'): Promise<ReadonlySet<string>> => {
  const proc = join(root, 'proc');
  const pids = (await namesIfReadable(proc)).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(pids.map((pid) => readIfReadable(join(proc, pid, 'comm'))));
  return new Set(names.map((name) => name?.trimEnd() ?? ''));
};

const checkDaemon = (name: string, running: string | undefined, why: string): Point =>
  running === undefined
    ? {
        name,
        status: 'error',
        found: `not running: ${why}`,
        remedy: 'start the daemons of Xen (Debian: systemctl start xen)',
      }
    : { name, status: 'ok', found: running };

/** Judges whether the daemons that every domain needs are running. */
export const checkDaemons = (
  processes: ReadonlySet<string>,
  hasXenstoreDomain: boolean,
): readonly Point[] => {
  const runs = (name: string): string | undefined =>
    processes.has(name) ? `${name} is running` : undefined;
  const xenstored =
    runs('xenstored') ??
    runs('oxenstored') ??
    (hasXenstoreDomain ? 'xenstore runs in a domain' : undefined);
  return [
    checkDaemon('xenstored', xenstored, 'without it, xl cannot create a domain'),
    checkDaemon('xenconsoled', runs('xenconsoled'), 'without it, the guest kernel waits for ever'),
  ];
};
