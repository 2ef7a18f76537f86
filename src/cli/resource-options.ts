import type { Options } from 'yargs';

import { RunxError, UsageError } from '../errors.ts';
import { type Resources, resourcesSchema } from '../oci/resources.ts';
import { parseJson } from '../schema.ts';

const value = (describe: string) =>
  ({ type: 'string', requiresArg: true, describe }) as const satisfies Options;

/** The limits of runc's update; those that have no meaning for a domain are ignored. */
export const resourceOptions = {
  memory: value('memory limit, in bytes or with a unit, such as 512m; -1 for no limit'),
  'cpu-quota': value('CPU time in each period, in microseconds; -1 for no limit'),
  'cpu-period': value('length of the period, in microseconds; default 100000'),
  'cpu-share': value('weight of CPU time against other containers; default 1024'),
  'cpuset-cpus': value('host CPUs to run on, such as 0-2,5'),
  'cpu-idle': value('1 for the smallest weight of CPU time'),
  'cpu-rt-period': value('(refused unless 0)'),
  'cpu-rt-runtime': value('(refused unless 0)'),
  'l3-cache-schema': value('(refused)'),
  'mem-bw-schema': value('(refused)'),
  'memory-reservation': value('(ignored)'),
  'memory-swap': value('(ignored)'),
  'kernel-memory': value('(ignored)'),
  'kernel-memory-tcp': value('(ignored)'),
  'cpu-burst': value('(ignored)'),
  'cpuset-mems': value('(ignored)'),
  'blkio-weight': value('(ignored)'),
  'pids-limit': value('(ignored)'),
} as const satisfies Record<string, Options>;

type OptionName = keyof typeof resourceOptions;
export type ResourceArguments = Readonly<Partial<Record<OptionName, string | undefined>>>;

const bytesPerUnit: Readonly<Record<string, number>> = {
  '': 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
};

/** Parses a number of bytes with an optional unit, as docker and runc do: 512m, 1.5GiB, 64kb. */
const parseBytes = (text: string): number | undefined => {
  if (text === '-1') return -1;
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  const factor = bytesPerUnit[unit.toLowerCase()];
  return count === undefined || factor === undefined
    ? undefined
    : Math.floor(Number(count) * factor);
};

const parseInteger = (text: string): number | undefined =>
  /^-?\d{1,18}$/.test(text) ? Number(text) : undefined;

const readers = new Map<OptionName, (text: string) => number | undefined>([
  ...(['memory', 'memory-reservation', 'memory-swap'] as const).map(
    (name) => [name, parseBytes] as const,
  ),
  ...(
    [
      'cpu-quota',
      'cpu-period',
      'cpu-share',
      'cpu-idle',
      'cpu-rt-period',
      'cpu-rt-runtime',
      'cpu-burst',
      'blkio-weight',
      'pids-limit',
    ] as const
  ).map((name) => [name, parseInteger] as const),
]);

/** Converts the options to linux.resources. */
export const parseResourceOptions = (args: ResourceArguments): Resources => {
  const read = (name: OptionName): number | undefined => {
    const text = args[name];
    if (text === undefined || text === '') return undefined;
    const number = readers.get(name)?.(text);
    if (number === undefined) throw new UsageError(`invalid value for ${name}: "${text}"`);
    return number;
  };
  for (const name of readers.keys()) read(name);
  if (args['l3-cache-schema']) throw new RunxError('Intel RDT/CAT: l3 cache schema is not enabled');
  if (args['mem-bw-schema']) {
    throw new RunxError('Intel RDT/MBA: memory bandwidth schema is not enabled');
  }
  return {
    memory: { limit: read('memory') },
    cpu: {
      shares: read('cpu-share'),
      quota: read('cpu-quota'),
      period: read('cpu-period'),
      cpus: args['cpuset-cpus'],
      idle: read('cpu-idle'),
      realtimeRuntime: read('cpu-rt-runtime'),
      realtimePeriod: read('cpu-rt-period'),
    },
  };
};

/** Parses the linux.resources that engines pass to update; `name` names the text in errors. */
export const parseResources = (json: string, name: string): Resources =>
  parseJson(resourcesSchema, json, name);
