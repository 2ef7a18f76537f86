import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { RunxError, hasCode, sentences } from '../errors.ts';
import { monitorIsAlive } from '../monitor/monitor.ts';
import { run } from '../process.ts';
import { parseContainerId } from './container-id.ts';
import type { Context } from './context.ts';
import { statusOf } from './status.ts';
import { containerDirectory, loadRecord } from './store.ts';

// Pids of the monitors of exec, each a file that holds the process's start time.
const execDirectory = 'exec';

const namesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
};

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

const findExecPids = async (directory: string): Promise<readonly number[]> => {
  const pids: number[] = [];
  for (const name of await namesIn(directory)) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    const startTime = (await readIfThere(join(directory, name)))?.trim();
    if (startTime === undefined) continue;
    const pid = Number(name);
    if (await monitorIsAlive({ pid, startTime })) pids.push(pid);
  }
  return pids.toSorted((a, b) => a - b);
};

/** The host pids that stand for the container's processes: its monitor's, then those of exec. */
export const listPids = async ({ root }: Context, idText: string): Promise<readonly number[]> => {
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  if ((await statusOf(root, record)) === 'stopped') throw new RunxError(sentences.notRunning);
  const execPids = await findExecPids(join(containerDirectory(root, id), execDirectory));
  return [record.monitor.pid, ...execPids];
};

/** The title of what ps(1) printed, and the lines of these processes. */
export const selectProcesses = (output: string, pids: readonly number[]): string => {
  const [title = '', ...lines] = output.split('\n');
  const column = title.trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw new RunxError("couldn't find PID field in ps output");
  const own = lines.filter((line) => pids.includes(Number(line.trim().split(/\s+/)[column])));
  return [title, ...own].map((line) => `${line}\n`).join('');
};

const timeoutMs = 30_000;

/** The processes as ps(1) shows them; `args` are for ps. */
export const renderProcesses = async (
  { log }: Context,
  pids: readonly number[],
  args: readonly string[],
): Promise<string> => {
  const { stdout } = await run('ps', args.length === 0 ? ['-ef'] : args, { log, timeoutMs });
  return selectProcesses(stdout, pids);
};
