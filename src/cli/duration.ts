import { UsageError } from '../errors.ts';

const milliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const units = Object.keys(milliseconds).join('|');
const term = String.raw`(\d+(?:\.\d*)?|\.\d+)(${units})`;
const whole = new RegExp(`^(?:${term})+$`);

/** Parses a Go duration, such as 1m30s, to milliseconds; `option` names it in the error. */
export const parseDuration = (text: string, option: string): number => {
  if (!whole.test(text)) {
    throw new UsageError(`--${option}: "${text}" is not a duration, such as 5s or 1m30s`);
  }
  const terms = [...text.matchAll(new RegExp(term, 'g'))];
  return terms.reduce(
    (total, [, count, unit = '']) => total + Number(count) * (milliseconds[unit] ?? 0),
    0,
  );
};
