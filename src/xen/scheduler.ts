import { RunxError } from '../errors.ts';
import { parseScheduler } from './info.ts';
import { type Xl, xl } from './xl.ts';

/** Scheduling parameters of a domain; a missing property leaves the parameter unchanged. */
export interface Scheduling {
  readonly weight?: number | undefined;
  /** Limit of the CPU time, in percent of one CPU; 0 means no limit. */
  readonly cap?: number | undefined;
}

/** Sets the weight and cap of a domain; throws RunxError if Xen's scheduler has neither. */
export const setScheduling = async (
  tool: Xl,
  domain: string,
  { weight, cap }: Scheduling,
): Promise<void> => {
  if (weight === undefined && cap === undefined) return;
  const scheduler = parseScheduler((await xl(tool, ['info'])).stdout);
  if (scheduler !== 'credit' && scheduler !== 'credit2') {
    throw new RunxError(
      `the scheduler ${scheduler} has no weights and no caps: boot Xen with sched=credit2`,
    );
  }
  await xl(tool, [
    `sched-${scheduler}`,
    '-d',
    domain,
    ...(weight === undefined ? [] : ['-w', String(weight)]),
    ...(cap === undefined ? [] : ['-c', String(cap)]),
  ]);
};
