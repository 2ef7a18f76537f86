import type { Benchmark } from './benchmark.ts';
import { show } from './figure.ts';

export const start: Benchmark = {
  async *report(samples) {
    for await (const { name, values } of samples) {
      for (const value of values) yield [`${name}: `, show(name, value, 'ms')];
    }
  },
};
