import type { Benchmark } from './benchmark.ts';
import { show } from './figure.ts';

export const network: Benchmark = {
  async *report(samples) {
    for await (const { name, values } of samples) {
      const [into, out] = values;
      if (into === undefined || out === undefined) throw new Error(`${name} has but one rate`);
      yield [
        `${name}: into the guest `,
        show(`${name}, into the guest`, into, 'MiB/s', 1),
        ', out of it ',
        show(`${name}, out of it`, out, 'MiB/s', 1),
      ];
    }
  },
};
