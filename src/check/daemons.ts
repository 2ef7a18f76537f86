import { join } from 'node:path';

import { namesIfReadable, readIfReadable } from './files.ts';
import type { Point } from './point.ts';

/** The names of all processes, as /proc/PID/comm has them; `root` is the host's. */
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
        found: `is not running, and ${why}`,
        remedy: 'start the daemons of Xen (Debian: systemctl start xen)',
      }
    : { name, status: 'ok', found: running };

/** Whether the daemons run on which every domain depends. */
export const checkDaemons = (
  processes: ReadonlySet<string>,
  hasXenstoreDomain: boolean,
): readonly Point[] => {
  const runs = (name: string): string | undefined =>
    processes.has(name) ? `${name} is running` : undefined;
  const xenstored =
    runs('xenstored') ??
    runs('oxenstored') ??
    (hasXenstoreDomain ? 'a domain of its own' : undefined);
  return [
    checkDaemon('xenstored', xenstored, 'no domain can be created without it'),
    checkDaemon('xenconsoled', runs('xenconsoled'), "a guest's kernel waits for it"),
  ];
};
