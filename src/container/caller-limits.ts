import { promises as fs } from 'node:fs';

import { parseProcessLimits } from '../oci/rlimits.ts';
import type { Process } from '../oci/spec.ts';

// Those of the parent, because Node.js raises its own limit of open files.
const readCaller = (): Promise<string> =>
  fs
    .readFile(`/proc/${process.ppid}/limits`, 'utf8')
    .catch(() => fs.readFile('/proc/self/limits', 'utf8'));

/**
 * Gives a process the resource limits of the caller of runx for those that config.json does not
 * set, as runc does: the guest's kernel would derive them from the little memory of a domain.
 */
export const withCallerLimits = async (wanted: Process): Promise<Process> => {
  const set = new Set(wanted.rlimits.map(({ type }) => type));
  const others = parseProcessLimits(await readCaller()).filter(({ type }) => !set.has(type));
  return { ...wanted, rlimits: [...wanted.rlimits, ...others] };
};
