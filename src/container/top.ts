import type { Context } from '../context.ts';
import { findDomain } from '../domain/record.ts';
import { findVifs } from '../network/interface-statistics.ts';
import type { Status } from '../oci/state.ts';
import { type DomainLoad, findXentop, watchXentop } from '../xen/xentop.ts';
import { findXl } from '../xen/xl.ts';
import { listContainers } from './directory.ts';
import { parseContainerId } from './id.ts';
import { type ContainerRecord, findRecord, loadRecord, placementOf } from './record.ts';
import { checkAllowed, statusOf } from './status.ts';

/** The load of one container. */
export interface Load {
  readonly id: string;
  readonly status: Status;
  /** CPU time in percent of one CPU; undefined in the first table. */
  readonly cpuPercent: number | undefined;
  readonly memoryBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly readBytes: number | undefined;
  readonly writtenBytes: number | undefined;
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** The domid of a container's domain; undefined if there is no domain or no readable record. */
const findDomid = async (root: string, { domain }: ContainerRecord): Promise<number | undefined> =>
  domain === undefined ? undefined : (await findDomain(root, domain).catch(() => undefined))?.domid;

const findLoad = async (
  { root }: Context,
  id: string,
  domains: ReadonlyMap<string, DomainLoad>,
  isFirst: boolean,
): Promise<Load | undefined> => {
  const record = await findRecord(root, id).catch(() => undefined);
  const domain = domains.get(record?.domain ?? '');
  if (record === undefined || domain === undefined) return undefined;
  const domid = await findDomid(root, record);
  const status = await statusOf(root, record);
  if (domid === undefined || status === 'stopped') return undefined;
  // xentop counts vifs in Dom0's network namespace only, but these vifs are moved out of it.
  const vifs = await findVifs(domid, record.monitor.pid);
  return {
    id,
    status,
    cpuPercent: isFirst ? undefined : domain.cpuPercent,
    memoryBytes: domain.memoryBytes,
    // The container has received what its vif, the end in Dom0, has sent.
    receivedBytes: total(vifs.map(({ sent }) => sent.bytes)),
    sentBytes: total(vifs.map(({ received }) => received.bytes)),
    readBytes: domain.readBytes,
    writtenBytes: domain.writtenBytes,
  };
};

/** Which containers `runx top` watches, and for how long. */
export interface TopOptions {
  /** Watches these containers until all have ended; an empty list stands for all containers. */
  readonly ids: readonly string[];
  readonly intervalSeconds: number;
  /** Ends after this many tables. */
  readonly iterations: number;
  /** Also shows the first table of xentop, which has no CPU times and is not counted. */
  readonly showsFirst: boolean;
  readonly end: AbortController;
}

/** Calls `show` with the loads of the containers at each interval. */
export const watchLoads = async (
  context: Context,
  { ids: texts, intervalSeconds, iterations, showsFirst, end }: TopOptions,
  show: (loads: readonly Load[]) => Promise<void>,
): Promise<void> => {
  const { config, log, root } = context;
  const ids = texts.map(parseContainerId);
  for (const id of ids) {
    const record = await loadRecord(root, id);
    placementOf(record);
    await checkAllowed('top', root, record);
  }
  const program = await findXentop(await findXl(config.xl, log));
  let count = -1;
  await watchXentop({ program, intervalSeconds, signal: end.signal, log }, async (table) => {
    if (end.signal.aborted) return;
    count += 1;
    const domains = new Map(table.map((domain) => [domain.name, domain]));
    const loads: Load[] = [];
    for (const id of ids.length > 0 ? ids : await listContainers(root)) {
      const load = await findLoad(context, id, domains, count === 0);
      if (load !== undefined) loads.push(load);
    }
    if (ids.length > 0 && loads.length === 0) end.abort();
    else if (count > 0 || showsFirst) await show(loads);
    if (count >= iterations) end.abort();
  });
};
