import type { Benchmark } from './benchmark.ts';
import { medianOf, show } from './figure.ts';
import { type Samples, groupSamples, valuesOf } from './sample.ts';

/** In MiB/s, of samples of MiB and milliseconds. */
const rateOf = (samples: Samples, name: string): number =>
  (medianOf(valuesOf(samples, name)) / medianOf(valuesOf(samples, name, 1))) * 1000;

export const consoleOutput: Benchmark = {
  async *report(samples) {
    const groups = await groupSamples(samples);
    const ours = rateOf(groups, 'runx');
    const theirs = rateOf(groups, 'xl console');
    yield [
      'runx: ',
      show('runx', ours, 'MiB/s', 2),
      '; xl console: ',
      show('xl console', theirs, 'MiB/s', 2),
      '; ',
      show('runx, ratio', ours / theirs, 'times', 1),
      ' that',
    ];
  },
};
