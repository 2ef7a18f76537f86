import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import type { Benchmark } from './benchmark.ts';
import { type Line, medianOf, show } from './figure.ts';
import { type Samples, groupSamples, valuesOf } from './sample.ts';

const ways = ['9p by QEMU', '9p by diod', 'disk, first', 'disk'];
const labelWidth = 20;
const columnWidth = 12;

interface Phase {
  readonly label: string;
  readonly unit: string;
  /** What is printed for the milliseconds that the phase took. */
  readonly of: (ms: number, readMib: number) => number;
}

const seconds = (ms: number): number => ms / 1000;

/** In the order in which dom0/rootfs times them. */
const phases: readonly Phase[] = [
  { label: 'first output', unit: 's', of: seconds },
  { label: 'then Python', unit: 's', of: seconds },
  { label: 'then reading', unit: 'MiB/s', of: (ms, readMib) => readMib / seconds(ms) },
  { label: 'then finding', unit: 's', of: seconds },
];

const tableOf = (samples: Samples): readonly Line[] => {
  const readMib = medianOf(valuesOf(samples, 'read'));
  const header = ways.map((way) => way.padStart(columnWidth));
  const rows = phases.map(({ label, unit, of }, index): Line => {
    const cells = ways.map((way) => {
      const value = of(medianOf(valuesOf(samples, way, index)), readMib);
      return { ...show(`${label}, ${way}`, value, unit, 1), column: columnWidth };
    });
    return [`${label}, ${unit}`.padEnd(labelWidth), ...cells];
  });
  return [[''.padEnd(labelWidth), ...header], ...rows];
};

/** The times of a Debian with Python, each way that a container's rootfs can come. */
export const rootfs: Benchmark = {
  async input() {
    const program = fileURLToPath(new URL('debian-rootfs', import.meta.url));
    const { stdout } = await execa(program, { stdin: 'ignore', stderr: 'inherit' });
    return stdout;
  },
  async *report(samples) {
    const groups = await groupSamples(samples);
    const size = medianOf(valuesOf(groups, 'rootfs'));
    const files = medianOf(valuesOf(groups, 'files'));
    yield [
      'rootfs: ',
      show('rootfs', size, 'MiB'),
      '; ',
      show('files', files, 'files'),
      ' to find',
    ];
    yield* tableOf(groups);
    for (const image of valuesOf(groups, 'image')) {
      yield ['image: ', show('image', image, 'MiB')];
    }
  },
};
