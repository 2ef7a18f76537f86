import { readFile } from 'node:fs/promises';

import { RunxError, hasCode } from '../errors.ts';

/** Counters of a network interface, in the words of /proc/net/dev. */
export interface InterfaceStatistics {
  readonly name: string;
  readonly received: Traffic;
  readonly sent: Traffic;
}

interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

const row = /^ *(\S+): *(\d+(?: +\d+){15})$/;

const traffic = ([
  bytes = 0,
  packets = 0,
  errors = 0,
  dropped = 0,
]: readonly number[]): Traffic => ({
  bytes,
  packets,
  errors,
  dropped,
});

/** The text of /proc/net/dev (proc(5)): two lines of titles, then an interface a line. */
export const parseInterfaces = (text: string): readonly InterfaceStatistics[] =>
  text
    .split('\n')
    .slice(2, -1)
    .map((line) => {
      const [, name = '', counters = ''] = row.exec(line) ?? [];
      if (name === '')
        throw new RunxError(`/proc/net/dev: not understood: ${JSON.stringify(line)}`);
      const numbers = counters.split(/ +/).map(Number);
      return { name, received: traffic(numbers), sent: traffic(numbers.slice(8)) };
    });

// The monitor may have ended by now.
const readIfThere = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH') || hasCode(error, 'EINVAL')) return '';
    throw error;
  }
};

/** The domain's vifs, those in Dom0's network namespace and in that of the process. */
export const findVifs = async (
  domid: number,
  pid: number,
): Promise<readonly InterfaceStatistics[]> => {
  const vifs = new Map<string, InterfaceStatistics>();
  for (const file of ['/proc/net/dev', `/proc/${pid}/net/dev`]) {
    for (const found of parseInterfaces(await readIfThere(file))) {
      if (found.name.startsWith(`vif${domid}.`)) vifs.set(found.name, found);
    }
  }
  return [...vifs.values()];
};
