import { readFile } from 'node:fs/promises';

import { hasCode } from '../errors.ts';

/** The interfaces in the network namespace of a process; none when it is gone. */
export const interfaceNames = async (pid: number | 'self'): Promise<readonly string[]> => {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/net/dev`, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH') || hasCode(error, 'EINVAL')) return [];
    throw error;
  }
  // Two lines of titles, then "  NAME: counters" (proc(5)).
  return text
    .split('\n')
    .slice(2)
    .flatMap((line) => /^\s*(\S+?):\s/.exec(line)?.[1] ?? []);
};
