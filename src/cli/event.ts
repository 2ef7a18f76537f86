import type { Usage } from '../container/events.ts';
import type { InterfaceStatistics } from '../network/interface-statistics.ts';
import { bytesPerMiB } from '../units.ts';

const nanosecondsPerTenth = 100_000_000;

// In the device numbers of xen-blkfront, bit 28 marks a number without an old major and minor.
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

// The container has received what its vif, the end in Dom0, has sent.
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

/** Renders an event of type "stats" in the format of `runc events`, with the values Dom0 knows. */
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
