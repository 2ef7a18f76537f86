import type { Usage } from '../container/events.ts';
import type { InterfaceStatistics } from '../network/interface-statistics.ts';
import { bytesPerMiB } from '../units.ts';

const nanosecondsPerTenth = 100_000_000;

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
