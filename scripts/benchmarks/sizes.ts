import { statSync } from 'node:fs';
import { arch } from 'node:process';
import { fileURLToPath } from 'node:url';

import type { Benchmark } from './benchmark.ts';
import { show } from './figure.ts';

const machine = arch === 'x64' ? 'x86_64' : arch;
const installed = new URL(`../../build/${machine}/root/usr/lib/runx/`, import.meta.url);

export const sizes: Benchmark = {
  async *report(samples) {
    for (const name of ['kernel', 'ramdisk', 'main.cjs', 'runx-monitor']) {
      const { size } = statSync(fileURLToPath(new URL(name, installed)));
      yield [`${name}: `, show(name, size, 'bytes')];
    }
    for await (const { name, values } of samples) {
      for (const value of values) yield [`${name}: `, show(name, value, 'KiB')];
    }
  },
};
