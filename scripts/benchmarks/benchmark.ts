import type { Line } from './figure.ts';
import type { Sample } from './sample.ts';

export interface Benchmark {
  /** The path of a file that its program in the Dom0 reads from standard input. */
  readonly input?: () => Promise<string>;
  /** Makes lines of what that program prints, as soon as it has printed enough. */
  readonly report: (samples: AsyncIterable<Sample>) => AsyncGenerator<Line>;
}
