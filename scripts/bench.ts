// Measures what runx costs: what scripts/bench runs.
import { messageOf } from '../src/errors.ts';
import type { Benchmark } from './benchmarks/benchmark.ts';
import { consoleOutput } from './benchmarks/console.ts';
import { cpu } from './benchmarks/cpu.ts';
import { sendPrograms } from './benchmarks/dom0.ts';
import { renderLine } from './benchmarks/figure.ts';
import { network } from './benchmarks/network.ts';
import { rootfs } from './benchmarks/rootfs.ts';
import { sizes } from './benchmarks/sizes.ts';
import { start } from './benchmarks/start.ts';

const usage = `usage: scripts/bench [sizes|cpu|start|rootfs|console|network ...]

  sizes     bytes on disk of what a container needs, a monitor's resident memory
  cpu       CPU time of \`runx --version\` and \`runx list\` against \`node -e 0\`
  start     from \`runx run\` to the first output, and to the end
  rootfs    first output, reading and finding by 9p (QEMU, diod) and from a disk
  console   a guest's standard output against \`xl console\` on the same guest
  network   TCP to and from a container against a plain guest on the same bridge

Runs all of them when none is named, in the Dom0 of scripts/dom0 (or RUNX_DOM0).`;

const benchmarks: ReadonlyMap<string, Benchmark> = new Map(
  Object.entries({ sizes, cpu, start, rootfs, console: consoleOutput, network }),
);

const parseWanted = (words: readonly string[]): readonly (readonly [string, Benchmark])[] => {
  const named = words.map((word) => {
    const benchmark = benchmarks.get(word);
    if (benchmark === undefined) throw new Error(`unknown benchmark '${word}'\n${usage}`);
    return [word, benchmark] as const;
  });
  return named.length === 0 ? [...benchmarks] : named;
};

const main = async (words: readonly string[]): Promise<void> => {
  if (words[0] === '-h' || words[0] === '--help') {
    console.log(usage);
    return;
  }
  const wanted = parseWanted(words);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => interrupted.abort());
  }
  const dom0 = await sendPrograms(interrupted.signal);
  try {
    for (const [name, { input, report }] of wanted) {
      console.log(`== ${name}`);
      const samples = dom0.run(name, await input?.());
      for await (const line of report(samples)) console.log(renderLine(line));
    }
  } finally {
    await dom0.remove();
  }
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${messageOf(error)}`);
  process.exitCode = 1;
}
