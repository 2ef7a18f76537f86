// Measures what runx costs: what scripts/bench runs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { hasCode, messageOf } from '../src/errors.ts';
import { renderChart } from './benchmarks/chart.ts';
import { type Dom0, enterDom0 } from './benchmarks/dom0.ts';
import { renderLine } from './benchmarks/figure.ts';
import {
  type Measurement,
  type Measurements,
  parseMeasurements,
  renderMeasurements,
} from './benchmarks/measurements.ts';
import { type Bench, benchmarks, tableParts } from './benchmarks/parts.ts';
import { rowsOf } from './benchmarks/rows.ts';
import { groupSamples, valuesOf } from './benchmarks/sample.ts';
import { renderTable } from './benchmarks/table.ts';

const usage = `usage: scripts/bench [PART ...]
       scripts/bench --draw

Prints a table of what runx costs, what that may be at most, and whether it is met.
Its parts:

${[...tableParts].map(([name, { title }]) => `  ${name.padEnd(10)} ${title}`).join('\n')}

Runs all of these when none is named.  Further parts, which print lines of their own:

  rootfs     first output, reading and finding by 9p (QEMU, diod) and from a disk
  console    a guest's standard output against \`xl console\` on the same guest
  network    TCP to and from a container against a plain guest on the same bridge

The Dom0 is that of scripts/dom0, booted if it is not up, or RUNX_DOM0.  What was measured
is kept in build/bench/figures.json, a part until it is measured again, and drawn in
build/bench/performance.svg.  --draw measures nothing: it prints the table of that file,
and draws docs/performance.svg.`;

const top = fileURLToPath(new URL('..', import.meta.url));
const kept = join(top, 'build/bench');
const file = join(kept, 'figures.json');

const load = (): Measurements => {
  try {
    return parseMeasurements(readFileSync(file, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    throw error;
  }
};

const save = (measurements: Measurements): void => {
  mkdirSync(kept, { recursive: true });
  writeFileSync(file, renderMeasurements(measurements, rowsOf(measurements)));
  const { lifecycle } = measurements;
  if (lifecycle !== undefined) writeFileSync(join(kept, 'performance.svg'), renderChart(lifecycle));
};

const drawAgain = (): void => {
  const measurements = load();
  const { lifecycle } = measurements;
  if (lifecycle === undefined)
    throw new Error('nothing to draw: run scripts/bench lifecycle first');
  process.stdout.write(renderTable(rowsOf(measurements)));
  writeFileSync(join(top, 'docs/performance.svg'), renderChart(lifecycle));
};

const say = (text: string): void => console.error(`bench: ${text}`);

const checkNames = (words: readonly string[]): void => {
  for (const word of words) {
    if (!tableParts.has(word) && !benchmarks.has(word)) {
      throw new Error(`unknown part '${word}'\n${usage}`);
    }
  }
};

interface Opened {
  readonly bench: Bench;
  /** Leaves the Dom0, if a part has entered it. */
  readonly close: () => Promise<void>;
}

const build = async (): Promise<string> => {
  const { stdout } = await execa(join(top, 'scripts/build'), {
    stdin: 'ignore',
    stderr: 'inherit',
  });
  return join(stdout, 'usr/lib/runx');
};

const open = (signal: AbortSignal): Opened => {
  let entered: Promise<Dom0> | undefined;
  let built: Promise<string> | undefined;
  return {
    bench: {
      installed: () => (built ??= build()),
      dom0: () => (entered ??= enterDom0(signal)),
      signal,
      say,
    },
    close: async () => (await entered?.catch(() => undefined))?.leave(),
  };
};

const findCommit = async (): Promise<string> => {
  const { stdout, exitCode } = await execa('git', ['describe', '--always', '--dirty'], {
    cwd: top,
    reject: false,
  });
  return exitCode === 0 ? stdout : 'unknown';
};

const measure = async (bench: Bench, name: string, command: string): Promise<Measurement> => {
  const part = tableParts.get(name);
  if (part === undefined) throw new Error(`${name} has no rows in the table`);
  say(part.title);
  const groups = await groupSamples(part.samples(bench));
  const versions =
    part.place === 'here'
      ? { node: process.version }
      : { node: (await bench.dom0()).node, xen: (await bench.dom0()).xen };
  return {
    date: new Date().toISOString(),
    commit: await findCommit(),
    ...versions,
    command,
    samples: Object.fromEntries([...groups.keys()].map((key) => [key, [...valuesOf(groups, key)]])),
  };
};

const printBenchmark = async ({ dom0 }: Bench, name: string): Promise<void> => {
  const benchmark = benchmarks.get(name);
  if (benchmark === undefined) return;
  const { input, report } = benchmark;
  console.log(`== ${name}`);
  const samples = (await dom0()).run(name, await input?.());
  for await (const line of report(samples)) console.log(renderLine(line));
};

const run = async (words: readonly string[], signal: AbortSignal): Promise<void> => {
  const wanted = words.length === 0 ? [...tableParts.keys()] : words;
  const command = ['scripts/bench', ...words].join(' ');
  const measured: Record<string, Measurement> = {};
  const { bench, close } = open(signal);
  try {
    for (const name of wanted) {
      if (tableParts.has(name)) {
        measured[name] = await measure(bench, name, command);
        save({ ...load(), ...measured });
      } else {
        await printBenchmark(bench, name);
      }
    }
  } finally {
    await close();
  }
  const rows = rowsOf(measured);
  if (rows.length > 0) process.stdout.write(renderTable(rows));
};

const main = async (words: readonly string[]): Promise<void> => {
  if (words[0] === '-h' || words[0] === '--help') {
    console.log(usage);
    return;
  }
  if (words[0] === '--draw') {
    drawAgain();
    return;
  }
  checkNames(words);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => interrupted.abort());
  }
  await run(words, interrupted.signal);
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${messageOf(error)}`);
  process.exitCode = 1;
}
