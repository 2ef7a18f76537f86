/** A test file that has been run. */
export interface FileRun {
  readonly file: string;
  readonly seconds: number;
  /** Tests that have failed. */
  readonly failed: number;
  /** The Dom0 that ran it. */
  readonly where?: string;
}

export interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly files: readonly FileRun[];
}

/** A test or a whole file that has ended, as run-files.ts writes it down. */
export interface Ended {
  readonly file: string;
  /** How a test ended; missing for a file. */
  readonly outcome?: 'passed' | 'failed' | 'skipped';
  /** How long a file took; missing for a test. */
  readonly seconds?: number;
}

export const none: Results = { passed: 0, failed: 0, skipped: 0, files: [] };
export const onePassed: Results = { ...none, passed: 1 };
export const oneFailed: Results = { ...none, failed: 1 };

export const sumOf = (all: readonly Results[]): Results => ({
  passed: all.reduce((sum, { passed }) => sum + passed, 0),
  failed: all.reduce((sum, { failed }) => sum + failed, 0),
  skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
  files: all.flatMap(({ files }) => files),
});

const parseEnded = (line: string): Ended => {
  const ended: Ended = JSON.parse(line);
  return ended;
};

/**
 * What a run of node's test runner comes to: the lines that run-files.ts has written, and
 * its exit code.
 */
export const parseResults = (text: string, exitCode: number | undefined): Results => {
  const ended = text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseEnded);
  const count = (wanted: Ended['outcome']): number =>
    ended.filter(({ outcome }) => outcome === wanted).length;
  // A test that several files share is under the file that defines it.
  const failures = (of: string): number =>
    ended.filter(({ file, outcome }) => file === of && outcome === 'failed').length;
  const seconds = new Map<string, number>();
  for (const one of ended) {
    if (one.seconds !== undefined) seconds.set(one.file, one.seconds);
    else if (one.outcome === 'failed' && !seconds.has(one.file)) seconds.set(one.file, 0);
  }
  const failed = count('failed');
  return {
    passed: count('passed'),
    // A runner that broke off has failed, whatever it has reported.
    failed:
      failed === 0 && (exitCode !== 0 || ended.every(({ outcome }) => outcome === undefined))
        ? 1
        : failed,
    skipped: count('skipped'),
    files: [...seconds].map(([file, took]) => ({ file, seconds: took, failed: failures(file) })),
  };
};
