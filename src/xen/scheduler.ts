import { RunxError } from '../errors.ts';
import { parseScheduler } from './info.ts';
import { type Xl, xl } from './xl.ts';

/** What a scheduler is told of a domain; what is missing stays as it is. */
export interface Scheduling {
  readonly weight?: number | undefined;
  /** CPU time at most, in percent of one CPU; 0 for no limit. */
  readonly cap?: number | undefined;
}

/** Sets the domain's weight and cap with the scheduler that this host uses. */
export const setScheduling = async (
  tool: Xl,
  domain: string,
  { weight, cap }: Scheduling,
): Promise<void> => {
  if (weight === undefined && cap === undefined) return;
  const scheduler = parseScheduler((await xl(tool, ['info'])).stdout);
  if (scheduler !== 'credit' && scheduler !== 'credit2') {
    throw new RunxError(`Xen's scheduler ${scheduler} has neither weights nor caps of CPU time`);
  }
  await xl(tool, [
    `sched-${scheduler}`,
    '-d',
    domain,
    ...(weight === undefined ? [] : ['-w', String(weight)]),
    ...(cap === undefined ? [] : ['-c', String(cap)]),
  ]);
};
