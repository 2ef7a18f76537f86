import { dirname, join } from 'node:path';

import { RunxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { findProgram, runLines } from '../process.ts';
import type { Xl } from './xl.ts';

/** A line of xentop(1): the load of one domain. */
export interface DomainLoad {
  readonly name: string;
  /** CPU time since the previous table, in percent of one CPU; 0 in the first table. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  /** Bytes read from all disks since the domain started; undefined if Dom0 does not count them. */
  readonly readBytes: number | undefined;
  /** Bytes written to all disks since the domain started; undefined if Dom0 does not count them. */
  readonly writtenBytes: number | undefined;
}

const title =
  'NAME STATE CPU(sec) CPU(%) MEM(k) MEM(%) MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS VBD_OO VBD_RD VBD_WR VBD_RSECT VBD_WSECT SSID';

// Line 1: the columns up to MEM(%).  Line 2: the maximum, which Dom0 may not have.  Line 3: CPUs
// and network interfaces.  Line 4: disks.
const row = new RegExp(
  [
    String.raw`^ *(?<name>\S.*?) +[d-][s-][b-][c-][p-][r-] +\d+ +(?<cpu>\d+\.\d) +(?<memory>\d+) +\d+\.\d`,
    String.raw`(?:\d+|no limit) +(?:\d+\.\d|n/a)`,
    String.raw`\d+ +\d+ +\d+ +\d+`,
    String.raw`\d+ +(?:\d+|-) +(?:\d+|-) +(?:\d+|-) +(?<read>\d+|-) +(?<written>\d+|-) +(?:\d+|n/a)$`,
  ].join(' +'),
);

const bytesPerKiB = 1024;
const sectorBytes = 512;

const sectors = (text = '-'): number | undefined =>
  text === '-' ? undefined : Number(text) * sectorBytes;

/** Parses a line of `xentop -b -f`; undefined for the title, with which a table begins. */
export const parseXentopLine = (line: string): DomainLoad | undefined => {
  if (line.trim().replaceAll(/ +/g, ' ') === title) return undefined;
  const { name, cpu, memory, read, written } = row.exec(line)?.groups ?? {};
  if (name === undefined) throw new RunxError(`xentop: unexpected line: ${JSON.stringify(line)}`);
  return {
    name,
    cpuPercent: Number(cpu),
    memoryBytes: Number(memory) * bytesPerKiB,
    readBytes: sectors(read),
    writtenBytes: sectors(written),
  };
};

/** Finds the xentop in the directory of xl, or else on PATH. */
export const findXentop = async ({ path }: Xl): Promise<string> => {
  const beside = join(dirname(path), 'xentop');
  const found = (await findProgram(beside)) ?? (await findProgram('xentop'));
  if (found !== undefined) return found;
  throw new RunxError(
    `${beside} was not found: install the xentop of this Xen (Debian: xen-utils)`,
  );
};

/** How to run xentop, which prints tables until `signal` aborts it. */
export interface XentopOptions {
  readonly program: string;
  readonly intervalSeconds: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

// The end of a table is not marked, but the next table comes at least a second later.
const restMs = 250;
// What a busy host may be late by, with a table.
const silenceMs = 60_000;

/** Calls `take` with each table of all domains, until `signal` aborts xentop. */
export const watchXentop = async (
  { program, intervalSeconds, signal, log }: XentopOptions,
  take: (table: readonly DomainLoad[]) => Promise<void>,
): Promise<void> => {
  const failed = new AbortController();
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    failed.abort();
  };
  let table: DomainLoad[] = [];
  let timer: NodeJS.Timeout | undefined;
  let taken = Promise.resolve();
  const finish = (): void => {
    clearTimeout(timer);
    if (table.length === 0) return;
    const complete = table;
    table = [];
    taken = taken.then(() => (failure === undefined ? take(complete) : undefined)).catch(fail);
  };
  const takeLine = (line: string): void => {
    if (failure !== undefined) return;
    try {
      const domain = parseXentopLine(line);
      if (domain === undefined) finish();
      else table.push(domain);
    } catch (error) {
      fail(error);
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(finish, restMs);
  };
  await runLines(program, ['-b', '-f', '-d', String(intervalSeconds)], {
    log,
    timeoutMs: intervalSeconds * 1000 + silenceMs,
    signal: AbortSignal.any([signal, failed.signal]),
    take: takeLine,
  });
  finish();
  await taken;
  if (failure !== undefined) throw failure;
};
