// Runs the tests: what scripts/test runs.
import { messageOf } from '../src/errors.ts';
import { build, makeDom0Disk } from './testing/build.ts';
import { type Clock, startClock } from './testing/clock.ts';
import { type Level, parseCommandLine, usage } from './testing/command-line.ts';
import { type Dom0s, bringUp, runInDom0s } from './testing/integration.ts';
import { dom0Levels, findTestFiles, levelsHere } from './testing/levels.ts';
import { endPrograms } from './testing/programs.ts';
import { type Results, oneFailed, sumOf } from './testing/results.ts';
import { say } from './testing/say.ts';
import { writeSeconds } from './testing/seconds.ts';
import { renderFailed, renderPhases, renderResults, renderSlowest } from './testing/summary.ts';

interface Run {
  readonly clock: Clock;
  readonly full: boolean;
  readonly built: Promise<void>;
  /** When there is a disk to boot a Dom0 from. */
  readonly disk: Promise<void>;
}

/** Something that goes on by itself: who awaits it hears that it has failed. */
const apart = <T>(work: Promise<T>): Promise<T> => {
  work.catch(() => {});
  return work;
};

const boot = async (
  level: Level | undefined,
  { clock, built, disk }: Run,
): Promise<Dom0s | undefined> => {
  const inDom0 = level === undefined ? undefined : dom0Levels[level];
  if (inDom0 === undefined) return undefined;
  await Promise.all([built, disk]);
  return clock.time(`boot for ${level}`, () => bringUp(inDom0.up));
};

const runLevel = async (
  level: Level,
  run: Run,
  dom0s: Promise<Dom0s | undefined>,
): Promise<Results> => {
  const here = levelsHere[level];
  if (here !== undefined) return here(run);
  const files = await findTestFiles(dom0Levels[level]?.files ?? /^$/);
  const up = await dom0s;
  return up === undefined ? oneFailed : runInDom0s(files, up);
};

/** Runs a level; one that breaks off has failed. */
const tryLevel = async (
  level: Level,
  run: Run,
  dom0s: Promise<Dom0s | undefined>,
): Promise<Results> => {
  say(level);
  try {
    const results = await run.clock.time(level, () => runLevel(level, run, dom0s));
    say(`${level}: ${renderResults(results)}`);
    return results;
  } catch (error) {
    say(`FAILED: ${level} did not run: ${messageOf(error)}`);
    return oneFailed;
  }
};

const runLevels = async (levels: readonly Level[], run: Run): Promise<Results> => {
  const results: Results[] = [];
  // Dom0s boot when their level begins: tests on this machine have deadlines of their own.
  for (const level of levels) results.push(await tryLevel(level, run, apart(boot(level, run))));
  return sumOf(results);
};

const finish = (results: Results, { phases, now }: Clock): void => {
  const lines = [
    ...renderFailed(results.files),
    ...renderSlowest(results.files),
    ...renderPhases(phases, now()),
    renderResults(results),
  ];
  console.log(lines.join('\n'));
  process.exitCode = results.failed === 0 ? 0 : 1;
};

const main = async (words: readonly string[]): Promise<void> => {
  const { RUNX_DOM0: host, RUNX_TEST_BEGUN: begun } = process.env;
  const wanted = parseCommandLine(words, host !== undefined);
  if (wanted === undefined) {
    console.log(usage);
    return;
  }
  const { levels, full, record } = wanted;
  if (full) process.env['RUNX_TEST_FULL'] = '1';
  const clock = startClock(begun === undefined ? Date.now() / 1000 : Number(begun));
  clock.note('npm packages', 0);
  const built = apart(clock.time('build', build));
  const needsDisk = host === undefined && levels.some((level) => dom0Levels[level] !== undefined);
  const disk = apart(needsDisk ? clock.time('disk of the Dom0', makeDom0Disk) : built);
  const results = await runLevels(levels, { clock, full, built, disk });
  if (record) await writeSeconds(results.files);
  const fine = await built.then(
    () => results,
    () => sumOf([results, oneFailed]),
  );
  finish(fine, clock);
};

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    endPrograms();
    process.exit(code);
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  endPrograms();
  console.error(`test: ${messageOf(error)}`);
  process.exitCode = 1;
}
