import type { Phase } from './clock.ts';
import type { FileTime, Results } from './results.ts';

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
const bySeconds = (one: FileTime, other: FileTime): number =>
  other.seconds - one.seconds || one.file.localeCompare(other.file);

export const renderSlowest = (files: readonly FileTime[]): readonly string[] => {
  const slowest = files.toSorted(bySeconds).slice(0, slowestCount);
  if (slowest.length === 0) return [];
  return [
    'The slowest test files:',
    ...slowest.map(({ file, seconds, where }) => {
      const place = where === undefined ? '' : `, ${where}`;
      return `${showTime(seconds).padStart(7)}  ${file}${place}`;
    }),
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
