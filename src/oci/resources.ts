import * as v from 'valibot';

import { RunxError } from '../errors.ts';
import { anyText } from './text.ts';

const integer = v.pipe(v.number(), v.integer());

/** The part of linux.resources that runx reads (config-linux.md, "Control groups"). */
export const resourcesSchema = v.object({
  memory: v.nullish(v.object({ limit: v.nullish(integer) })),
  cpu: v.nullish(
    v.object({
      shares: v.nullish(integer),
      quota: v.nullish(integer),
      period: v.nullish(integer),
      cpus: v.nullish(anyText),
      idle: v.nullish(integer),
      realtimeRuntime: v.nullish(integer),
      realtimePeriod: v.nullish(integer),
    }),
  ),
  unified: v.nullish(v.record(anyText, anyText)),
});

export type Resources = v.InferOutput<typeof resourcesSchema>;

/** Limits of a container; a missing property leaves a limit unset, "max" lifts it. */
export interface Limits {
  readonly memoryBytes?: number | 'max';
  /** CPU time, as a number of CPUs; can be a fraction, such as 1.5. */
  readonly cpus?: number | 'max';
  /** Weight of the domain's CPU time against other domains; Xen's default is 256. */
  readonly cpuWeight?: number;
  /** The host CPUs on which the domain may run, such as "0-2,5". */
  readonly cpuset?: string;
}

// The kernel's default of cpu.cfs_period_us, in microseconds.
const defaultPeriod = 100_000;
// The default weight of Xen's schedulers, of cpu.shares and of cpu.weight in cgroup2.
const normalWeight = 256;
const normalShares = 1024;
const normalUnifiedWeight = 100;
const maximumWeight = 65_535;

const positive = (value: number | null | undefined): value is number =>
  typeof value === 'number' && value > 0;

// -1 lifts a limit; 0, which docker writes, leaves it unset.
const limit = (value: number | null | undefined): number | 'max' | undefined => {
  if (positive(value)) return value;
  return typeof value === 'number' && value < 0 ? 'max' : undefined;
};

const weigh = (part: number): number =>
  Math.min(maximumWeight, Math.max(1, Math.round(part * normalWeight)));

const countCpus = (cpu: Resources['cpu']): Limits['cpus'] => {
  const quota = limit(cpu?.quota);
  if (quota === undefined || quota === 'max') return quota;
  return quota / (positive(cpu?.period) ? cpu.period : defaultPeriod);
};

const weightOf = (cpu: Resources['cpu']): number | undefined => {
  if (positive(cpu?.idle)) return 1;
  return positive(cpu?.shares) ? weigh(cpu.shares / normalShares) : undefined;
};

/** Reads the limits among the cgroup2 keys of `unified`, which override the other limits. */
const parseUnified = (unified: Readonly<Record<string, string>>, where: string): Limits => {
  const read = (key: string, pattern: RegExp): RegExpExecArray | undefined => {
    const text = unified[key]?.trim();
    if (text === undefined || text === '') return undefined;
    const match = pattern.exec(text);
    if (match === null) throw new RunxError(`${where}.unified: ${key}: invalid value "${text}"`);
    return match;
  };
  const number = (text: string | undefined): number | 'max' =>
    text === 'max' ? 'max' : Number(text);
  const memory = read('memory.max', /^(max|\d+)$/);
  const cpu = read('cpu.max', /^(max|[1-9]\d*)(?: ([1-9]\d*))?$/);
  const weight = read('cpu.weight', /^([1-9]\d{0,4})$/);
  const cpuset = read('cpuset.cpus', /^.*$/);
  const quota = number(cpu?.[1]);
  return {
    ...(memory === undefined ? {} : { memoryBytes: number(memory[1]) }),
    ...(cpu === undefined
      ? {}
      : { cpus: quota === 'max' ? quota : quota / Number(cpu[2] ?? defaultPeriod) }),
    ...(weight === undefined ? {} : { cpuWeight: weigh(Number(weight[1]) / normalUnifiedWeight) }),
    ...(cpuset === undefined ? {} : { cpuset: cpuset[0] }),
  };
};

const cpulist = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;

/**
 * Reads the limits that runx applies to a domain from linux.resources and ignores the others
 * (README, "Limits and statistics").  `where` names the document in errors.
 */
export const parseLimits = (resources: Resources | null | undefined, where: string): Limits => {
  const { memory, cpu, unified } = resources ?? {};
  for (const key of ['realtimeRuntime', 'realtimePeriod'] as const) {
    if (positive(cpu?.[key])) throw new RunxError(`${where}.cpu.${key} is not supported`);
  }
  const memoryBytes = limit(memory?.limit);
  const cpus = countCpus(cpu);
  const cpuWeight = weightOf(cpu);
  const limits: Limits = {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuWeight === undefined ? {} : { cpuWeight }),
    ...(cpu?.cpus ? { cpuset: cpu.cpus } : {}),
    ...parseUnified(unified ?? {}, where),
  };
  if (limits.cpuset !== undefined && !cpulist.test(limits.cpuset)) {
    throw new RunxError(`${where}: "${limits.cpuset}" is not a list of CPUs, such as 0-2,5`);
  }
  return limits;
};
