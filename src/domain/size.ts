import type { Config } from '../config.ts';
import { planMemory } from './memory.ts';
import type { Limits } from '../oci/resources.ts';
import type { DomainSize } from '../xen/domain-config.ts';
import { type DomainWishes, maximumVcpus } from '../container/annotations.ts';

const percent = 100;

/** Virtual CPUs for so many CPUs' time. */
export const vcpusFor = (cpus: number): number =>
  Math.min(maximumVcpus, Math.max(1, Math.ceil(cpus)));

/** The scheduler's cap in percent of one CPU; 0, none, where the virtual CPUs are limit enough. */
export const capFor = (cpus: number, vcpus: number): number => {
  const cap = Math.max(1, Math.round(cpus * percent));
  return cap >= vcpus * percent ? 0 : cap;
};

/** A domain's memory and CPUs: what annotations say, then the container's limits, then runx.toml. */
export const planSize = (
  limits: Limits,
  wishes: DomainWishes,
  config: Config,
  forDevicesMiB = 0,
): DomainSize => {
  const cpus = typeof limits.cpus === 'number' ? limits.cpus : undefined;
  const vcpus = wishes.vcpus ?? (cpus === undefined ? config.vcpus : vcpusFor(cpus));
  const maxVcpus = Math.max(
    vcpus,
    wishes.vcpus_max ?? config.vcpus_max ?? 0,
    cpus === undefined ? 0 : vcpusFor(cpus),
  );
  return {
    ...planMemory({
      limitBytes: typeof limits.memoryBytes === 'number' ? limits.memoryBytes : undefined,
      wishMiB: wishes.memory_mib,
      defaultMiB: config.memory_mib,
      maxMiB: wishes.memory_max_mib ?? config.memory_max_mib,
      forDevicesMiB,
    }),
    vcpus,
    maxVcpus,
    cpuWeight: limits.cpuWeight,
    cap: cpus === undefined ? undefined : capFor(cpus, vcpus) || undefined,
    cpuset: limits.cpuset,
  };
};
