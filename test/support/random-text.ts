import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

// What breaks quoting, splitting, matching and decoding.
const awkward = [
  ...'abcxyzABCXYZ0123456789'.split(''),
  ...' \t\n\r\v\f"\'`\\$,;:=#%/.*?[]{}()<>|&!~^@+-_'.split(''),
  '\u0000',
  '\u0001',
  '\u001b',
  '\u007f',
  'é',
  '日',
  '\u2028',
  '\u{1F600}',
];

// Marsaglia's xorshift32: the same seed gives the same numbers.
const numbers = (seed: number) => {
  let state = seed;
  return (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
};

export interface RandomTextOptions {
  readonly count: number;
  readonly maximumLength: number;
  /** Characters that the texts must not have. */
  readonly without?: string;
}

/** Random numbers below a limit; the seed is printed, and RUNX_TEST_SEED repeats it. */
export const randomNumbers = (t: TestContext): ((limit: number) => number) => {
  const seed = Number(process.env['RUNX_TEST_SEED'] ?? randomInt(1, 2 ** 31));
  t.diagnostic(`RUNX_TEST_SEED=${seed}`);
  return numbers(seed);
};

/** Random texts. */
export const randomTexts = (t: TestContext, options: RandomTextOptions): readonly string[] => {
  const next = randomNumbers(t);
  const alphabet = awkward.filter((character) => !options.without?.includes(character));
  return Array.from({ length: options.count }, () =>
    Array.from(
      { length: next(options.maximumLength + 1) },
      () => alphabet[next(alphabet.length)],
    ).join(''),
  );
};
