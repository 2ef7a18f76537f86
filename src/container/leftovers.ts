import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { type ProcessIdentity, endMonitor, findIdentity } from '../monitor/container-monitor.ts';
import { destroyDomain, domainExists, findXl } from '../xen/xl.ts';
import type { Context } from './context.ts';
import { containerDirectory } from './record.ts';

const readIfThere = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/** Processes with this word on their command line. */
const findProcesses = async (word: string): Promise<readonly ProcessIdentity[]> => {
  const found: ProcessIdentity[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const words = (await readIfThere(`/proc/${name}/cmdline`)).split('\0');
    const identity = words.includes(word) ? await findIdentity(Number(name)) : undefined;
    if (identity !== undefined) found.push(identity);
  }
  return found;
};

const toolEndsMs = 30_000;
const killedEndsMs = 10_000;

const endProcesses = async (word: string, patienceMs: number): Promise<void> => {
  for (const identity of await findProcesses(word)) {
    await endMonitor(identity, { patienceMs, killedMs: killedEndsMs });
  }
};

/** Waits for the xl that a killed `create` has left: it may still make the domain. */
export const endTool = (root: string, id: string): Promise<void> =>
  endProcesses(join(containerDirectory(root, id), 'xl.cfg'), toolEndsMs);

/** Ends what belongs to a container of which there is no record that can be read. */
export const endUnrecorded = async ({ config, log, root }: Context, id: string): Promise<void> => {
  const directory = containerDirectory(root, id);
  await endTool(root, id);
  await endProcesses(`--state=${directory}`, 0);
  const [, name] =
    /^name = "([\w+.-]+)"$/m.exec(await readIfThere(join(directory, 'xl.cfg'))) ?? [];
  if (name === undefined) return;
  const xl = await findXl(config.xl, log);
  if (await domainExists(xl, name)) await destroyDomain(xl, name);
};
