import { RunxError, sentences } from '../errors.ts';
import { checkMemory, memoryForLimit } from '../domain/memory.ts';
import type { Limits } from '../oci/resources.ts';
import { type Scheduling, setScheduling } from '../xen/scheduler.ts';
import { findXl, pinVcpus, setMemory, setVcpus } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { withLock } from './lock.ts';
import { capFor, vcpusFor } from '../domain/size.ts';
import { statusOf } from './status.ts';
import { type DomainRecord, domainOf, loadRecord, saveRecord } from './record.ts';

/** What becomes of a domain; what is missing stays as it is. */
export interface DomainUpdate {
  readonly memoryMiB?: number | undefined;
  readonly vcpus?: number | undefined;
  readonly scheduling: Scheduling;
  readonly cpuset?: string | undefined;
}

type Bounds = Pick<DomainRecord, 'maxMemoryMiB' | 'maxVcpus' | 'forDevicesMiB'>;

const planMemoryUpdate = (
  limit: Limits['memoryBytes'],
  { maxMemoryMiB, forDevicesMiB }: Bounds,
): number | undefined => {
  if (limit === undefined) return undefined;
  if (limit === 'max') return maxMemoryMiB;
  const memoryMiB = memoryForLimit(limit, maxMemoryMiB, forDevicesMiB);
  checkMemory(memoryMiB, limit);
  if (memoryMiB <= maxMemoryMiB) return memoryMiB;
  throw new RunxError(
    `memory limit of ${limit} bytes takes a domain of ${memoryMiB} MiB: this one can have ${maxMemoryMiB} at most (memory_max_mib in runx.toml, when it is created)`,
  );
};

/** Plans an update within what the domain was created for. */
export const planUpdate = (limits: Limits, bounds: Bounds): DomainUpdate => {
  const { cpus, cpuWeight: weight, cpuset } = limits;
  const { maxVcpus } = bounds;
  const memoryMiB = planMemoryUpdate(limits.memoryBytes, bounds);
  if (cpus === undefined) return { memoryMiB, scheduling: { weight }, cpuset };
  const vcpus = cpus === 'max' ? maxVcpus : vcpusFor(cpus);
  if (vcpus > maxVcpus) {
    throw new RunxError(
      `a CPU quota of ${cpus} CPUs takes ${vcpus} virtual CPUs: this domain can have ${maxVcpus} at most (vcpus_max in runx.toml, when it is created)`,
    );
  }
  const cap = cpus === 'max' ? 0 : capFor(cpus, vcpus);
  return { memoryMiB, vcpus, scheduling: { weight, cap }, cpuset };
};

/** Changes the limits of a container that has not ended. */
export const updateContainer = async (
  context: Context,
  idText: string,
  limits: Limits,
): Promise<void> => {
  const { config, log, root } = context;
  const id = parseContainerId(idText);
  domainOf(await loadRecord(root, id));
  const xl = await findXl(config.xl, log);
  await withLock(context, id, async () => {
    const record = await loadRecord(root, id);
    const domain = domainOf(record);
    const status = await statusOf(root, record);
    if (status === 'stopped' || status === 'creating') throw new RunxError(sentences.notRunning);
    const { memoryMiB, vcpus, scheduling, cpuset } = planUpdate(limits, domain);
    if (cpuset !== undefined) await pinVcpus(xl, domain.name, cpuset);
    if (vcpus !== undefined) await setVcpus(xl, domain.name, vcpus);
    await setScheduling(xl, domain.name, scheduling);
    if (memoryMiB === undefined) return;
    await setMemory(xl, domain.name, memoryMiB);
    await saveRecord(root, { ...record, domain: { ...domain, memoryMiB } });
  });
};
