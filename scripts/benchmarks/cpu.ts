import type { Benchmark } from './benchmark.ts';
import { medianOf, show } from './figure.ts';
import { groupSamples, valuesOf } from './sample.ts';

/** Processor time, user's and system's, as a ratio of that of the first command. */
export const cpu: Benchmark = {
  async *report(samples) {
    const groups = await groupSamples(samples);
    let base: number | undefined;
    for (const name of groups.keys()) {
      const system = valuesOf(groups, name, 1);
      const total = valuesOf(groups, name).map((user, index) => user + (system[index] ?? 0));
      const ms = medianOf(total) * 1000;
      const shown = show(name, ms, 'ms');
      if (base === undefined) {
        base = ms;
        yield [`${name}: `, shown, ' of CPU'];
      } else {
        yield [`${name}: `, shown, ', ', show(`${name}, ratio`, ms / base, 'times', 2), ' that'];
      }
    }
  },
};
