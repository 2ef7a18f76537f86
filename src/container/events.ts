import type { Context } from '../context.ts';
import { RunxError } from '../errors.ts';
import { waitForEnd } from '../host/process-identity.ts';
import { type InterfaceStatistics, findVifs } from '../network/interface-statistics.ts';
import { type DiskStatistics, findDisks } from '../xen/disk-statistics.ts';
import { type DomainUsage, domainUsage } from '../xen/domain-list.ts';
import { type Xl, findXl } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import { type ContainerRecord, loadDomainOf, loadRecord, placementOf } from './record.ts';
import { checkAllowed } from './status.ts';

/** The resource usage of a running container, as Dom0 sees it. */
export interface Usage {
  readonly domain: DomainUsage;
  readonly memoryLimitMiB: number;
  readonly disks: readonly DiskStatistics[];
  readonly vifs: readonly InterfaceStatistics[];
}

const findUsage = async (
  { root }: Context,
  xl: Xl,
  record: ContainerRecord,
): Promise<Usage | undefined> => {
  const { name, domid, size } = await loadDomainOf(root, record);
  const domain = await domainUsage(xl, name);
  if (domain === undefined || domid === undefined) return undefined;
  return {
    domain,
    memoryLimitMiB: size.memoryMiB,
    disks: await findDisks(domid),
    vifs: await findVifs(domid, record.monitor.pid),
  };
};

const watchPollMs = 100;

/**
 * Calls `take` with the usage of a container: every `intervalMs` until the container stops, or once
 * if `intervalMs` is undefined.
 */
export const watchUsage = async (
  context: Context,
  idText: string,
  intervalMs: number | undefined,
  take: (usage: Usage) => Promise<void>,
): Promise<void> => {
  const { config, log, root } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  placementOf(record);
  await checkAllowed('events', root, record);
  const xl = await findXl(config.xl, log);
  if (intervalMs === undefined) {
    const usage = await findUsage(context, xl, record);
    if (usage === undefined) throw new RunxError(`container with id ${id} is not running`);
    await take(usage);
    return;
  }
  while (!(await waitForEnd(record.monitor, intervalMs, watchPollMs))) {
    const usage = await findUsage(context, xl, record);
    if (usage !== undefined) await take(usage);
  }
};
