import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Benchmark } from '../../../scripts/benchmarks/benchmark.ts';
import { consoleOutput } from '../../../scripts/benchmarks/console.ts';
import type { Figure } from '../../../scripts/benchmarks/figure.ts';
import { figuresOf, medianOf, renderLine, show } from '../../../scripts/benchmarks/figure.ts';
import { network } from '../../../scripts/benchmarks/network.ts';
import { rootfs } from '../../../scripts/benchmarks/rootfs.ts';
import type { Sample } from '../../../scripts/benchmarks/sample.ts';
import { groupSamples, parseSample, valuesOf } from '../../../scripts/benchmarks/sample.ts';

async function* samplesOf(lines: readonly string[]): AsyncGenerator<Sample> {
  yield* lines.map(parseSample);
}

interface Report {
  readonly text: readonly string[];
  readonly figures: readonly Figure[];
}

/** What a benchmark makes of the lines that its program prints in the Dom0. */
const reportOf = async ({ report }: Benchmark, lines: readonly string[]): Promise<Report> => {
  const text: string[] = [];
  const figures: Figure[] = [];
  for await (const line of report(samplesOf(lines))) {
    text.push(renderLine(line));
    figures.push(...figuresOf(line));
  }
  return { text, figures };
};

test('a figure has as many digits as it is shown with, and its unit', () => {
  assert.equal(renderLine(['a: ', show('a', 1.256, 'MiB/s', 2), ';']), 'a: 1.26 MiB/s;');
  assert.equal(renderLine(['a: ', show('a', 44.999_999, 'ms')]), 'a: 45 ms');
});

test('a figure in a column has no unit and ends where the column does', () => {
  assert.equal(renderLine(['a', { ...show('a', 1.25, 's', 1), column: 6 }]), 'a   1.3');
});

test('the figures of a line are as they were measured', () => {
  assert.deepEqual(figuresOf(['a: ', show('a', 1.256, 'MiB/s', 2), ', ', show('b', 2, 'ms')]), [
    { name: 'a', value: 1.256, unit: 'MiB/s' },
    { name: 'b', value: 2, unit: 'ms' },
  ]);
});

test('a median is in the middle by size, and the upper one of two', () => {
  assert.equal(medianOf([10, 9, 100]), 10);
  assert.equal(medianOf([4, 1, 3, 2]), 3);
  assert.equal(medianOf([7]), 7);
  assert.throws(() => medianOf([]), /there is no median of nothing/);
});

test('a sample is a name and numbers with tabs between them', () => {
  assert.deepEqual(parseSample('9p by QEMU\t12\t3.5'), { name: '9p by QEMU', values: [12, 3.5] });
});

for (const line of ['', 'runx', 'runx\t', 'runx\t12\tand more', 'runx\t12 MiB/s']) {
  test(`${JSON.stringify(line)} is no sample`, () => {
    assert.throws(() => parseSample(line), /^Error: this is no sample: /);
  });
}

test('a benchmark that has not measured something says what', async () => {
  const samples = await groupSamples(samplesOf(['runx\t1']));
  assert.throws(() => valuesOf(samples, 'xl'), /the benchmark has not measured xl/);
  assert.throws(() => valuesOf(samples, 'runx', 1), /the benchmark has not measured runx/);
});

test('rootfs prints a table of medians, a column for each way', async () => {
  const { text, figures } = await reportOf(rootfs, [
    'rootfs\t290',
    'files\t1137',
    'read\t64',
    '9p by QEMU\t3000\t2000\t8000\t9000',
    '9p by QEMU\t1000\t1000\t4000\t7000',
    '9p by QEMU\t2000\t3000\t6400\t8000',
    '9p by diod\t1000\t1500\t3200\t4000',
    'disk, first\t9000\t500\t640\t700',
    'disk\t1000\t500\t640\t700',
    'image\t300',
  ]);
  assert.deepEqual(text, [
    'rootfs: 290 MiB; 1137 files to find',
    '                      9p by QEMU  9p by diod disk, first        disk',
    'first output, s              2.0         1.0         9.0         1.0',
    'then Python, s               2.0         1.5         0.5         0.5',
    'then reading, MiB/s         10.0        20.0       100.0       100.0',
    'then finding, s              8.0         4.0         0.7         0.7',
    'image: 300 MiB',
  ]);
  assert.deepEqual(figures[2], { name: 'first output, 9p by QEMU', value: 2, unit: 's' });
});

test('console compares what a second carries', async () => {
  const { text } = await reportOf(consoleOutput, ['runx\t16\t2000', 'xl console\t1\t4000']);
  assert.deepEqual(text, ['runx: 8.00 MiB/s; xl console: 0.25 MiB/s; 32.0 times that']);
});

test('network prints each pair of rates', async () => {
  const { text } = await reportOf(network, ['runx\t12.3\t45.6', 'plain guest\t7\t8.25']);
  assert.deepEqual(text, [
    'runx: into the guest 12.3 MiB/s, out of it 45.6 MiB/s',
    'plain guest: into the guest 7.0 MiB/s, out of it 8.3 MiB/s',
  ]);
});

test('a benchmark of the network without a rate fails', async () => {
  await assert.rejects(reportOf(network, ['runx\t12.3']), /runx has but one rate/);
});
