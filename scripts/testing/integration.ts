import { type Dom0, findDom0s, renew } from './dom0s.ts';
import { runNodeTests } from './node-tests.ts';
import { type Said, capture } from './programs.ts';
import { drain, longestFirst } from './queue.ts';
import { type Results, oneFailed, sumOf } from './results.ts';
import { say } from './say.ts';
import { readSeconds } from './seconds.ts';
import { showTime, withoutSummary } from './summary.ts';

/** Dom0s that have been asked for, and which of them have booted. */
export interface Dom0s {
  readonly up: readonly Dom0[];
  readonly failed: readonly Dom0[];
}

/** Boots Dom0s with these options of `scripts/dom0 up`, or takes those that are there. */
export const bringUp = async (upOptions: readonly string[]): Promise<Dom0s> => {
  const dom0s = await findDom0s(upOptions);
  const booted = await Promise.all(dom0s.map((dom0) => dom0.up()));
  return {
    up: dom0s.filter((_, index) => booted[index]),
    failed: dom0s.filter((_, index) => !booted[index]),
  };
};

/** Runs one file in a Dom0, and shows what it has said when it has ended. */
const runFile = async (file: string, dom0: Dom0): Promise<Results> => {
  let said: Said | undefined;
  const begun = Date.now();
  const results = await runNodeTests(
    { files: [file], concurrency: 1, minutes: 40, env: dom0.env },
    async (command, env) => {
      said = await capture(command, env);
      return said.exitCode;
    },
  );
  const seconds = (Date.now() - begun) / 1000;
  const verdict = results.failed === 0 ? 'ok' : 'FAILED';
  console.log(`\n== ${file}, ${dom0.name}, ${showTime(seconds)}: ${verdict}`);
  console.log(withoutSummary(said?.output ?? '').trimEnd());
  return { ...results, files: [{ file, seconds, failed: results.failed, where: dom0.name }] };
};

/** Runs files in Dom0s, each of which takes the next when it has done one. */
export const runInDom0s = async (
  files: readonly string[],
  { up, failed }: Dom0s,
): Promise<Results> => {
  const results: Results[] = [];
  const queue = [...longestFirst(files, await readSeconds())];
  const work = async (dom0: Dom0): Promise<void> => {
    await drain(queue, async (file) => {
      const ended = await runFile(file, dom0);
      results.push(ended);
      return ended.failed === 0 || renew(dom0);
    });
    // One that has nothing to do takes half a core from those that have.
    if (dom0.isOurs) await dom0.down();
  };
  await Promise.all(up.map(work));
  for (const what of [
    ...failed.map(({ name }) => `${name} did not boot`),
    ...queue.map((file) => `no Dom0 for ${file}`),
  ]) {
    say(`FAILED: ${what}`);
    results.push(oneFailed);
  }
  return sumOf(results);
};
