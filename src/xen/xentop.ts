import { dirname, join } from 'node:path';

import { RunxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { findProgram, runLines } from '../process.ts';
import type { Xl } from './xl.ts';

/** What xentop(1) says of a domain; the sizes are since it began. */
export interface DomainLoad {
  readonly name: string;
  /** Of one CPU, since the table before; 0 in the first one. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  /** Of its disks; undefined where Dom0 does not count them. */
  readonly readBytes: number | undefined;
  readonly writtenBytes: number | undefined;
}

const title =
  'NAME STATE CPU(sec) CPU(%) MEM(k) MEM(%) MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS VBD_OO VBD_RD VBD_WR VBD_RSECT VBD_WSECT SSID';

// From the state to the maximum, which Dom0 may lack; then CPUs and interfaces; then disks.
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

/** A line of `xentop -b -f`; undefined is a title, with which a table begins. */
export const parseXentopLine = (line: string): DomainLoad | undefined => {
  if (line.trim().replaceAll(/ +/g, ' ') === title) return undefined;
  const { name, cpu, memory, read, written } = row.exec(line)?.groups ?? {};
  if (name === undefined) throw new RunxError(`xentop: not understood: ${JSON.stringify(line)}`);
  return {
    name,
    cpuPercent: Number(cpu),
    memoryBytes: Number(memory) * bytesPerKiB,
    readBytes: sectors(read),
    writtenBytes: sectors(written),
  };
};

/** Finds the xentop that belongs to an xl, which packages put beside it. */
export const findXentop = async ({ path }: Xl): Promise<string> => {
  const beside = join(dirname(path), 'xentop');
  const found = (await findProgram(beside)) ?? (await findProgram('xentop'));
  if (found !== undefined) return found;
  throw new RunxError(
    `${beside} was not found: install the xentop of this Xen (Debian: xen-utils)`,
  );
};

/** One run of xentop, which prints tables until it is ended. */
export interface XentopOptions {
  readonly program: string;
  readonly intervalSeconds: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

// A table has no end; between two of them there is a second at least.
const restMs = 250;
// What a busy host may be late by, with a table.
const silenceMs = 60_000;

/** Gives each table of all domains, in turn, until `signal` ends it. */
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
