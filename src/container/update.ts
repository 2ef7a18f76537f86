import type { Context } from '../context.ts';
import { memoryForLimit } from '../domain/memory.ts';
import { type DomainRecord, saveDomain } from '../domain/record.ts';
import { capFor, vcpusFor } from '../domain/size.ts';
import { RunxError } from '../errors.ts';
import type { Limits } from '../oci/resources.ts';
import { type Scheduling, setScheduling } from '../xen/scheduler.ts';
import { findXl, pinVcpus, setMemory, setVcpus } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import { withLock } from './lock.ts';
import { loadDomainOf, loadRecord, placementOf } from './record.ts';
import { checkAllowed } from './status.ts';

/** Changes to a domain; a missing property leaves a value unchanged. */
export interface DomainUpdate {
  readonly memoryMiB?: number | undefined;
  readonly vcpus?: number | undefined;
  readonly scheduling: Scheduling;
  readonly cpuset?: string | undefined;
}

/** The limits within which a domain can be changed. */
type Bounds = Pick<DomainRecord['size'], 'maxMemoryMiB' | 'maxVcpus' | 'forDevicesMiB'>;

const planMemoryUpdate = (
  limit: Limits['memoryBytes'],
  { maxMemoryMiB, forDevicesMiB }: Bounds,
): number | undefined => {
  if (limit === undefined) return undefined;
  if (limit === 'max') return maxMemoryMiB;
  const memoryMiB = memoryForLimit(limit, maxMemoryMiB, forDevicesMiB);
  if (memoryMiB <= maxMemoryMiB) return memoryMiB;
  throw new RunxError(
    `memory limit of ${limit} bytes needs a domain of ${memoryMiB} MiB, but this domain can have at most ${maxMemoryMiB} MiB: set memory_max_mib in runx.toml before the container is created`,
  );
};

/** Plans an update; throws RunxError if the limits exceed the bounds of the domain. */
export const planUpdate = (limits: Limits, bounds: Bounds): DomainUpdate => {
  const { cpus, cpuWeight: weight, cpuset } = limits;
  const { maxVcpus } = bounds;
  const memoryMiB = planMemoryUpdate(limits.memoryBytes, bounds);
  if (cpus === undefined) return { memoryMiB, scheduling: { weight }, cpuset };
  const vcpus = cpus === 'max' ? maxVcpus : vcpusFor(cpus);
  if (vcpus > maxVcpus) {
    throw new RunxError(
      `CPU quota of ${cpus} CPUs needs ${vcpus} virtual CPUs, but this domain can have at most ${maxVcpus}: set vcpus_max in runx.toml before the container is created`,
    );
  }
  const cap = cpus === 'max' ? 0 : capFor(cpus, vcpus);
  return { memoryMiB, vcpus, scheduling: { weight, cap }, cpuset };
};

/** Changes the limits of a container that has not stopped. */
export const updateContainer = async (
  context: Context,
  idText: string,
  limits: Limits,
): Promise<void> => {
  const { config, log, root } = context;
  const id = parseContainerId(idText);
  placementOf(await loadRecord(root, id));
  const xl = await findXl(config.xl, log);
  await withLock(context, id, async () => {
    const record = await loadRecord(root, id);
    await checkAllowed('update', root, record);
    const domain = await loadDomainOf(root, record);
    const { name, size } = domain;
    const { memoryMiB, vcpus, scheduling, cpuset } = planUpdate(limits, size);
    if (cpuset !== undefined) await pinVcpus(xl, name, cpuset);
    if (vcpus !== undefined) await setVcpus(xl, name, vcpus);
    await setScheduling(xl, name, scheduling);
    if (memoryMiB !== undefined) await setMemory(xl, name, memoryMiB);
    const updated = {
      ...size,
      memoryMiB: memoryMiB ?? size.memoryMiB,
      vcpus: vcpus ?? size.vcpus,
    };
    await saveDomain(root, { ...domain, size: updated });
  });
};
