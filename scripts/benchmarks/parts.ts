// What scripts/bench can measure.
import { statSync } from 'node:fs';
import { join } from 'node:path';

import type { Benchmark } from './benchmark.ts';
import { consoleOutput } from './console.ts';
import type { Dom0 } from './dom0.ts';
import { measureCpu } from './native-cpu.ts';
import { network } from './network.ts';
import { rootfs } from './rootfs.ts';
import type { Sample } from './sample.ts';

/** What a part needs to measure. */
export interface Bench {
  /** The directory of runx's files, of this machine's build. */
  readonly installed: () => Promise<string>;
  /** Boots it the first time. */
  readonly dom0: () => Promise<Dom0>;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

interface Part {
  readonly title: string;
  readonly place: 'here' | 'dom0';
  readonly samples: (bench: Bench) => AsyncGenerator<Sample>;
}

const inDom0 = (program: string, title: string): Part => ({
  title,
  place: 'dom0',
  async *samples({ dom0 }) {
    yield* (await dom0()).run(program, undefined);
  },
});

/** The parts of the table. */
export const tableParts: ReadonlyMap<string, Part> = new Map<string, Part>([
  [
    'cpu',
    {
      title: 'processor time of commands on this machine, without Xen',
      place: 'here',
      async *samples({ installed, signal, say }) {
        yield* measureCpu({ installed: await installed(), signal }, say);
      },
    },
  ],
  ['lifecycle', inDom0('lifecycle', 'the steps of a container, and by hand with xl')],
  ['memory', inDom0('memory', 'what a container takes in Dom0 and of its guest')],
  ['at-once', inDom0('at-once', '20 containers at once, and by hand with xl')],
  ['in-a-row', inDom0('in-a-row', '20 containers one after the other, and by hand')],
  [
    'sizes',
    {
      title: 'kernel and ramdisk',
      place: 'here',
      async *samples({ installed }) {
        const directory = await installed();
        for (const name of ['kernel', 'ramdisk']) {
          yield { name, values: [statSync(join(directory, name)).size] };
        }
      },
    },
  ],
]);

/** Further ones, which print lines of their own. */
export const benchmarks: ReadonlyMap<string, Benchmark> = new Map([
  ['rootfs', rootfs],
  ['console', consoleOutput],
  ['network', network],
]);
