import type { Phase } from './clock.ts';
import type { FileRun, Results } from './results.ts';

const slowestCount = 10;

/** Takes away node's own summary of a run. */
export const withoutSummary = (output: string): string =>
  output.replaceAll(
    /^ℹ (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+\n?/gm,
    '',
  );

/** Minutes and seconds, as in 3:07. */
export const showTime = (seconds: number): string => {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};

/** The slowest first; of files that take as long, the first in the alphabet. */
const bySeconds = (one: FileRun, other: FileRun): number =>
  other.seconds - one.seconds || one.file.localeCompare(other.file);

const renderFile = ({ file, where }: FileRun): string =>
  where === undefined ? file : `${file}, ${where}`;

/** The files in which tests have failed. */
export const renderFailed = (files: readonly FileRun[]): readonly string[] =>
  files
    .filter(({ failed }) => failed > 0)
    .map((run) => `FAILED: ${run.failed} in ${renderFile(run)}`);

export const renderSlowest = (files: readonly FileRun[]): readonly string[] => {
  const slowest = files.toSorted(bySeconds).slice(0, slowestCount);
  if (slowest.length === 0) return [];
  return [
    'The slowest test files:',
    ...slowest.map((run) => `${showTime(run.seconds).padStart(7)}  ${renderFile(run)}`),
  ];
};

/** Where the time went: phases overlap, so each has its beginning and its end. */
export const renderPhases = (phases: readonly Phase[], whole: number): readonly string[] => [
  'Where the time went:',
  ...phases
    .toSorted((one, other) => one.from - other.from)
    .map(({ name, from, to }) => {
      const span = `from ${showTime(from)} to ${showTime(to)}`;
      return `${showTime(to - from).padStart(7)}  ${name}, ${span}`;
    }),
  `${showTime(whole).padStart(7)}  in all`,
];

export const renderResults = ({ passed, failed, skipped }: Results): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
