import { readFile, readdir } from 'node:fs/promises';

import { type ProcessIdentity, endProcess, findIdentity } from './process-identity.ts';

/** The processes of this host with this word on their command line, runx itself left out. */
const findProcessesWith = async (word: string): Promise<readonly ProcessIdentity[]> => {
  const found: ProcessIdentity[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // A process may end between the two calls.
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!commandLine.split('\0').includes(word)) continue;
    const identity = await findIdentity(Number(name));
    if (identity !== undefined) found.push(identity);
  }
  return found;
};

const killedMs = 10_000;

/** Ends the processes with this word on their command line, each after `patienceMs`. */
export const endProcessesWith = async (word: string, patienceMs: number): Promise<void> => {
  for (const identity of await findProcessesWith(word)) {
    await endProcess(identity, { patienceMs, killedMs });
  }
};
