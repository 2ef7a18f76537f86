import type { Context } from '../context.ts';
import { RunxError } from '../errors.ts';
import { isAlive } from '../host/process-identity.ts';
import { run } from '../process.ts';
import { listExecs } from './exec-records.ts';
import { parseContainerId } from './id.ts';
import { loadRecord } from './record.ts';
import { checkAllowed } from './status.ts';

/** The host pids of the container's monitor and of the monitors that exec has started. */
export const listPids = async ({ root }: Context, idText: string): Promise<readonly number[]> => {
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  await checkAllowed('ps', root, record);
  const pids: number[] = [];
  for (const exec of await listExecs(root, id)) {
    if (await isAlive(exec)) pids.push(exec.pid);
  }
  return [record.monitor.pid, ...pids.toSorted((a, b) => a - b)];
};

/** Selects the title and the lines of the given pids from the output of ps(1). */
export const selectProcesses = (output: string, pids: readonly number[]): string => {
  const [title = '', ...lines] = output.split('\n');
  const column = title.trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw new RunxError("couldn't find PID field in ps output");
  const own = lines.filter((line) => pids.includes(Number(line.trim().split(/\s+/)[column])));
  return [title, ...own].map((line) => `${line}\n`).join('');
};

const timeoutMs = 30_000;

/** Runs ps(1) with `args`, by default -ef, and selects the lines of the given pids. */
export const renderProcesses = async (
  { log }: Context,
  pids: readonly number[],
  args: readonly string[],
): Promise<string> => {
  const { stdout } = await run('ps', args.length === 0 ? ['-ef'] : args, { log, timeoutMs });
  return selectProcesses(stdout, pids);
};
