import { RunxError } from '../errors.ts';
import { type Xl, xl } from './xl.ts';

/** The columns of a line of `xl list` (xl(1)). */
export interface DomainUsage {
  /** Memory that the domain holds, in MiB. */
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** CPU time of all virtual CPUs, in tenths of a second, the resolution of xl. */
  readonly cpuTenths: number;
}

const title = /^Name +ID +Mem VCPUs\tState\tTime\(s\)$/;
const row = /^(.*?) +(\d+) +(\d+) +(\d+) +\S+ +(\d+)\.(\d)$/;

/** Parses the output of `xl list NAME`. */
export const parseDomainUsage = (text: string): DomainUsage => {
  const [first = '', line = '', end] = text.split('\n');
  const match = row.exec(line);
  if (!title.test(first) || match === null || end !== '') {
    throw new RunxError(`xl list: unexpected output: ${JSON.stringify(text)}`);
  }
  const [, , , memory, vcpus, seconds, tenths] = match;
  return {
    memoryMiB: Number(memory),
    vcpus: Number(vcpus),
    cpuTenths: Number(`${seconds}${tenths}`),
  };
};

/** Asks xl for the usage of a domain; undefined if the domain does not exist. */
export const domainUsage = async (tool: Xl, name: string): Promise<DomainUsage | undefined> => {
  const { exitCode, stdout } = await xl(tool, ['list', name], { okExitCodes: [1] });
  return exitCode === 0 ? parseDomainUsage(stdout) : undefined;
};
