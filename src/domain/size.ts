import type { Config } from '../config.ts';
import type { Limits } from '../oci/resources.ts';
import type { DomainSize } from '../xen/domain-config.ts';
import { planMemory } from './memory.ts';

/** The guest kernel's CONFIG_NR_CPUS. */
export const maximumVcpus = 64;

const percent = 100;

/** The number of virtual CPUs needed for a CPU time of `cpus` CPUs, such as 2 for 1.5. */
export const vcpusFor = (cpus: number): number =>
  Math.min(maximumVcpus, Math.max(1, Math.ceil(cpus)));

/**
 * The scheduler's cap for a CPU time of `cpus` CPUs, in percent of one CPU.  0 means no cap: the
 * number of virtual CPUs alone is the limit.
 */
export const capFor = (cpus: number, vcpus: number): number => {
  const cap = Math.max(1, Math.round(cpus * percent));
  return cap >= vcpus * percent ? 0 : cap;
};

/** The inputs for the size of a domain.  Annotations override limits; limits override runx.toml. */
export interface SizeChoice {
  readonly annotations: {
    readonly memory_mib?: number | undefined;
    readonly memory_max_mib?: number | undefined;
    readonly vcpus?: number | undefined;
    readonly vcpus_max?: number | undefined;
  };
  readonly limits: Limits;
  readonly config: Pick<Config, 'memory_mib' | 'memory_max_mib' | 'vcpus' | 'vcpus_max'>;
  /** The memory that devices take. */
  readonly forDevicesMiB?: number;
}

/** Computes the memory and CPUs of a domain. */
export const planSize = (choice: SizeChoice): DomainSize => {
  const { annotations, limits, config, forDevicesMiB = 0 } = choice;
  const cpus = typeof limits.cpus === 'number' ? limits.cpus : undefined;
  const vcpus = annotations.vcpus ?? (cpus === undefined ? config.vcpus : vcpusFor(cpus));
  const maxVcpus = Math.max(
    vcpus,
    annotations.vcpus_max ?? config.vcpus_max ?? 0,
    cpus === undefined ? 0 : vcpusFor(cpus),
  );
  return {
    ...planMemory({
      limitBytes: typeof limits.memoryBytes === 'number' ? limits.memoryBytes : undefined,
      annotationMiB: annotations.memory_mib,
      defaultMiB: config.memory_mib,
      maxMiB: annotations.memory_max_mib ?? config.memory_max_mib,
      forDevicesMiB,
    }),
    vcpus,
    maxVcpus,
    cpuWeight: limits.cpuWeight,
    cap: cpus === undefined ? undefined : capFor(cpus, vcpus) || undefined,
    cpuset: limits.cpuset,
  };
};
