import { RunxError } from '../errors.ts';
import { type Xl, xl } from './xl.ts';

/** A line of `xl list` (xl(1)). */
export interface DomainUsage {
  /** Memory that the domain holds, in MiB. */
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** CPU time of all its virtual CPUs, in tenths of a second, which is all that xl tells. */
  readonly cpuTenths: number;
}

const title = /^Name +ID +Mem VCPUs\tState\tTime\(s\)$/;
const row = /^(.*?) +(\d+) +(\d+) +(\d+) +\S+ +(\d+)\.(\d)$/;

/** What `xl list NAME` prints. */
export const parseDomainUsage = (text: string): DomainUsage => {
  const [first = '', line = '', end] = text.split('\n');
  const match = row.exec(line);
  if (!title.test(first) || match === null || end !== '') {
    throw new RunxError(`xl list: not understood: ${JSON.stringify(text)}`);
  }
  const [, , , memory, vcpus, seconds, tenths] = match;
  return {
    memoryMiB: Number(memory),
    vcpus: Number(vcpus),
    cpuTenths: Number(`${seconds}${tenths}`),
  };
};

/** What the domain uses; undefined when there is no such domain. */
export const domainUsage = async (tool: Xl, name: string): Promise<DomainUsage | undefined> => {
  const { exitCode, stdout } = await xl(tool, ['list', name], { okExitCodes: [1] });
  return exitCode === 0 ? parseDomainUsage(stdout) : undefined;
};
