import { RunxError } from '../errors.ts';
import { waitForMonitor } from '../monitor/container-monitor.ts';
import { type InterfaceStatistics, findVifs } from '../network/interface-statistics.ts';
import { bytesPerMiB } from '../units.ts';
import { type DiskStatistics, findDisks } from '../xen/disk-statistics.ts';
import { type DomainUsage, domainUsage } from '../xen/domain-list.ts';
import { type Xl, findXl } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { statusOf } from './status.ts';
import { type ContainerRecord, domainOf, loadRecord } from './record.ts';

const nanosecondsPerTenth = 100_000_000;

/** What Dom0 knows of a running container. */
export interface Usage {
  readonly domain: DomainUsage;
  readonly memoryLimitMiB: number;
  readonly disks: readonly DiskStatistics[];
  readonly vifs: readonly InterfaceStatistics[];
}

/** An event of type "stats" as `runc events` prints it, with what Dom0 knows. */
export const renderStats = (id: string, { domain, memoryLimitMiB, disks, vifs }: Usage) => ({
  type: 'stats',
  id,
  data: {
    cpu: { usage: { total: domain.cpuTenths * nanosecondsPerTenth } },
    memory: {
      usage: { limit: memoryLimitMiB * bytesPerMiB, usage: domain.memoryMiB * bytesPerMiB },
    },
    blkio: {
      ioServiceBytesRecursive: disks.flatMap((disk) =>
        renderDisk(disk.device, disk.readBytes, disk.writtenBytes),
      ),
      ioServicedRecursive: disks.flatMap((disk) =>
        renderDisk(disk.device, disk.reads, disk.writes),
      ),
    },
    network_interfaces: vifs.map(renderInterface),
  },
});

// xen-blkfront's numbers: bit 28 marks one that does not fit the old major and minor.
const extended = 1 << 28;
const xvdMajor = 202;

const renderDisk = (device: number, read: number, written: number) => {
  const number =
    (device & extended) === 0
      ? { major: device >> 8, minor: device & 0xff }
      : { major: xvdMajor, minor: device & ~extended };
  return [
    { ...number, op: 'Read', value: read },
    { ...number, op: 'Write', value: written },
  ];
};

// What Dom0's end has sent the container has received.
const renderInterface = ({ name, received, sent }: InterfaceStatistics) => ({
  Name: name.replace(/^.*\./, 'eth'),
  RxBytes: sent.bytes,
  RxPackets: sent.packets,
  RxErrors: sent.errors,
  RxDropped: sent.dropped,
  TxBytes: received.bytes,
  TxPackets: received.packets,
  TxErrors: received.errors,
  TxDropped: received.dropped,
});

const findUsage = async (tool: Xl, record: ContainerRecord): Promise<Usage | undefined> => {
  const { name, domid, memoryMiB } = domainOf(record);
  const domain = await domainUsage(tool, name);
  if (domain === undefined || domid === undefined) return undefined;
  return {
    domain,
    memoryLimitMiB: memoryMiB,
    disks: await findDisks(domid),
    vifs: await findVifs(domid, record.monitor.pid),
  };
};

const watchPollMs = 100;

/** Gives statistics: once, or each interval until the container stops. */
export const watchStats = async (
  context: Context,
  idText: string,
  intervalMs: number | undefined,
  take: (stats: object) => Promise<void>,
): Promise<void> => {
  const { config, log, root } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  domainOf(record);
  const status = await statusOf(root, record);
  const notRunning = new RunxError(`container with id ${id} is not running`);
  if (status === 'stopped' || status === 'creating') throw notRunning;
  const tool = await findXl(config.xl, log);
  if (intervalMs === undefined) {
    const usage = await findUsage(tool, record);
    if (usage === undefined) throw notRunning;
    await take(renderStats(id, usage));
    return;
  }
  while (!(await waitForMonitor(record.monitor, intervalMs, watchPollMs))) {
    // Update writes a new record.
    const usage = await findUsage(tool, await loadRecord(root, id));
    if (usage !== undefined) await take(renderStats(id, usage));
  }
};
