import { promises as fs } from 'node:fs';

import { RunxError, hasCode } from '../errors.ts';

/** Counters of a network interface, named as in /proc/net/dev. */
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

/** Parses /proc/net/dev (proc(5)): two title lines, then one line for each interface. */
export const parseStatistics = (text: string): readonly InterfaceStatistics[] =>
  text
    .split('\n')
    .slice(2, -1)
    .map((line) => {
      const [, name = '', counters = ''] = row.exec(line) ?? [];
      if (name === '')
        throw new RunxError(`/proc/net/dev: unexpected line: ${JSON.stringify(line)}`);
      const numbers = counters.split(/ +/).map(Number);
      return { name, received: traffic(numbers), sent: traffic(numbers.slice(8)) };
    });

/** Reads the counters in the network namespace of a process; empty if the process is gone. */
const readStatistics = async (pid: number | 'self'): Promise<readonly InterfaceStatistics[]> => {
  let text: string;
  try {
    text = await fs.readFile(`/proc/${pid}/net/dev`, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH') || hasCode(error, 'EINVAL')) return [];
    throw error;
  }
  return parseStatistics(text);
};

/** The interface names in the network namespace of a process; empty if the process is gone. */
export const interfaceNames = async (pid: number | 'self'): Promise<readonly string[]> =>
  (await readStatistics(pid)).map(({ name }) => name);

/** The domain's vifs, in the network namespace of Dom0 and in that of process `pid`. */
export const findVifs = async (
  domid: number,
  pid: number,
): Promise<readonly InterfaceStatistics[]> => {
  const all = [...(await readStatistics('self')), ...(await readStatistics(pid))];
  const vifs = all.filter(({ name }) => name.startsWith(`vif${domid}.`));
  return [...new Map(vifs.map((vif) => [vif.name, vif])).values()];
};
