import type { Load } from '../container/top.ts';
import { bytesPerMiB, renderSize } from '../units.ts';
import { renderTable } from './table.ts';

const orDash = (value: string | undefined): string => value ?? '-';
const sizeOrDash = (bytes: number | undefined): string =>
  orDash(bytes === undefined ? undefined : renderSize(bytes));

/** Renders loads as a table; network and disk are totals since the domain started. */
export const renderLoads = (loads: readonly Load[]): string =>
  renderTable([
    ['ID', 'STATUS', 'CPU', 'MEMORY', 'RECEIVED', 'SENT', 'READ', 'WRITTEN'],
    ...loads.map((load) => [
      load.id,
      load.status,
      orDash(load.cpuPercent === undefined ? undefined : `${load.cpuPercent.toFixed(1)} %`),
      `${Math.round(load.memoryBytes / bytesPerMiB)} MiB`,
      renderSize(load.receivedBytes),
      renderSize(load.sentBytes),
      sizeOrDash(load.readBytes),
      sizeOrDash(load.writtenBytes),
    ]),
  ]);
