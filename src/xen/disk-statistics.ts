import { promises as fs } from 'node:fs';
import { join } from 'node:path';

import { RunxError, hasCode } from '../errors.ts';
import { namesIn } from '../host/files.ts';

const sectorBytes = 512;

/** Counters of a vbd, from /sys/devices/vbd-DOMID-DEVICE/statistics of xen-blkback. */
export interface DiskStatistics {
  /** The number of the virtual device (xen-vbd-interface(7)). */
  readonly device: number;
  readonly reads: number;
  readonly writes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

const readCounter = async (file: string): Promise<number> => {
  const text = (await fs.readFile(file, 'utf8')).trim();
  if (!/^\d+$/.test(text)) throw new RunxError(`${file}: not a number: ${JSON.stringify(text)}`);
  return Number(text);
};

/** Reads the counters of a domain's vbds; `directory` exists once a backend module is loaded. */
export const findDisks = async (
  domid: number,
  directory = '/sys/bus/xen-backend/devices',
): Promise<readonly DiskStatistics[]> => {
  const disks: DiskStatistics[] = [];
  for (const name of await namesIn(directory)) {
    const [, device] = new RegExp(`^vbd-${domid}-(\\d+)$`).exec(name) ?? [];
    if (device === undefined) continue;
    const disk = await readDisk(Number(device), join(directory, name, 'statistics'));
    if (disk !== undefined) disks.push(disk);
  }
  return disks.toSorted((a, b) => a.device - b.device);
};

/** Reads the counters of one vbd; undefined if the vbd is gone with its domain. */
const readDisk = async (device: number, directory: string): Promise<DiskStatistics | undefined> => {
  const read = (counter: string): Promise<number> => readCounter(join(directory, counter));
  try {
    return {
      device,
      reads: await read('rd_req'),
      writes: await read('wr_req'),
      readBytes: (await read('rd_sect')) * sectorBytes,
      writtenBytes: (await read('wr_sect')) * sectorBytes,
    };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENODEV')) return undefined;
    throw error;
  }
};
