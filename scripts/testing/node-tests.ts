import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { type Results, parseResults } from './results.ts';

/** Runs a command in an environment; its exit code. */
type Run = (
  command: readonly string[],
  env: Readonly<Record<string, string>>,
) => Promise<number | undefined>;

export interface NodeTests {
  readonly files: readonly string[];
  /** Files at once. */
  readonly concurrency: number;
  /** A file that takes longer is ended, and has failed. */
  readonly minutes: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs node's own test runner over files, and counts what it says of them. */
export const runNodeTests = async (
  { files, concurrency, minutes, env = {} }: NodeTests,
  run: Run,
): Promise<Results> => {
  const directory = await mkdtemp(join(tmpdir(), 'runx-results-'));
  const ended = join(directory, 'ended');
  const program = ['--import', 'tsx', 'scripts/testing/run-files.ts'];
  try {
    const words = [...program, ended, String(concurrency), String(minutes), ...files];
    const exitCode = await run([process.execPath, ...words], env);
    const text = await readFile(ended, 'utf8').catch(() => '');
    const results = parseResults(text, exitCode);
    const named = results.files.map((one) => ({
      ...one,
      file: relative(process.cwd(), one.file),
    }));
    return { ...results, files: named };
  } finally {
    await rm(directory, { recursive: true });
  }
};
