import { promises as fs } from 'node:fs';

import { type ProcessIdentity, endProcess, findIdentity } from './process-identity.ts';

/** Finds the processes with this word on their command line, except runx itself. */
const findProcessesWith = async (word: string): Promise<readonly ProcessIdentity[]> => {
  const found: ProcessIdentity[] = [];
  for (const name of await fs.readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // A process may have ended since it was listed.
    const commandLine = await fs.readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!commandLine.split('\0').includes(word)) continue;
    const identity = await findIdentity(Number(name));
    if (identity !== undefined) found.push(identity);
  }
  return found;
};

const killedMs = 10_000;

/** Ends the processes with this word on their command line; see endProcess for `patienceMs`. */
export const endProcessesWith = async (word: string, patienceMs: number): Promise<void> => {
  for (const identity of await findProcessesWith(word)) {
    await endProcess(identity, { patienceMs, killedMs });
  }
};
