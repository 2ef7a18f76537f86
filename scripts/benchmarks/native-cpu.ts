import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import type { Owner } from '../../test/support/temporary-directory.ts';
import type { Command } from './rows.ts';
import type { Sample } from './sample.ts';

const rounds = 9;
const deadlineMs = 60_000;
const majors = ['24', '22'];

interface Node {
  readonly major: string;
  readonly path: string;
}

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** This machine's Node.js, and those that can be had. */
const findNodes = async (say: (text: string) => void): Promise<readonly Node[]> => {
  const own = { major: process.versions.node.split('.')[0] ?? '', path: process.execPath };
  const nodes: Node[] = [own];
  for (const major of majors.filter((other) => other !== own.major)) {
    const { stdout, exitCode } = await execa(pathOf('node'), [major], {
      stdin: 'ignore',
      stderr: 'inherit',
      reject: false,
    });
    if (exitCode === 0) nodes.push({ major, path: stdout });
    else say(`there is no Node.js ${major} to measure with`);
  }
  return nodes;
};

/** The processor time of a program, without its children's, in ms. */
const cpuOf = async (
  program: string,
  args: readonly string[],
  cancelSignal: AbortSignal,
): Promise<number> => {
  const { stdout } = await execa('python3', [pathOf('cpu-time.py'), program, ...args], {
    stdin: 'ignore',
    // Not a pipe, which the monitor would hold open.
    stderr: 'inherit',
    timeout: deadlineMs,
    cancelSignal,
    extendEnv: false,
    env: { PATH: process.env['PATH'] },
  });
  return Number(stdout);
};

interface Place {
  /** The directory of runx's files. */
  readonly installed: string;
  readonly signal: AbortSignal;
}

/** A container's life with programs that stand in for xl and the monitor. */
const measureLife = async (
  { path }: Node,
  { installed, signal }: Place,
  owner: Owner,
): Promise<ReadonlyMap<string, number>> => {
  const { makeFakeDom0 } = await import('../../test/support/fake-dom0.ts');
  const { waitUntil } = await import('../../test/support/wait-until.ts');
  const dom0 = await makeFakeDom0(owner);
  for (const name of ['kernel', 'ramdisk']) await copyFile(join(installed, name), dom0.path(name));
  const times = new Map<string, number>();
  const runx = async (command: Command, ...args: readonly string[]): Promise<void> => {
    const program = join(installed, 'runx.cjs');
    const words = [program, '--config', dom0.configFile, command, ...args];
    times.set(command, await cpuOf(path, words, signal));
  };
  times.set('node -e 0', await cpuOf(path, ['-e', '0'], signal));
  await runx('create', '--bundle', await dom0.makeBundle('bundle'), 'web');
  await runx('start', 'web');
  await runx('state', 'web');
  await runx('list');
  await runx('ps', 'web');
  await runx('pause', 'web');
  await dom0.runx(['resume', 'web']);
  await runx('kill', 'web', 'TERM');
  await dom0.plan('container-exit-code', '0');
  await waitUntil("the monitor's end", () => dom0.monitors().length === 0);
  await runx('delete', 'web');
  return times;
};

/** Runs what was registered for the end, the last first. */
const withOwner = async <T>(work: (owner: Owner) => Promise<T>): Promise<T> => {
  const cleanups: (() => unknown)[] = [];
  try {
    return await work({ name: 'bench', after: (cleanup) => void cleanups.push(cleanup) });
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
};

/** The processor time of commands, on this machine, without Xen: samples `MAJOR COMMAND`. */
export async function* measureCpu(
  place: Place,
  say: (text: string) => void,
): AsyncGenerator<Sample> {
  process.env['RUNX_BUNDLE'] = place.installed;
  const nodes = await findNodes(say);
  // The first round fills the compile cache.
  for (let round = 0; round <= rounds; round += 1) {
    for (const node of nodes) {
      const times = await withOwner((owner) => measureLife(node, place, owner));
      if (round === 0) continue;
      for (const [name, ms] of times) yield { name: `${node.major} ${name}`, values: [ms] };
    }
  }
}
