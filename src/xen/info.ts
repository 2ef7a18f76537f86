import * as v from 'valibot';

import { parseValue } from '../schema.ts';

const number = v.pipe(v.string(), v.regex(/^\d+$/, 'is not a number'), v.transform(Number));
const words = v.pipe(
  v.string(),
  v.transform((text) => text.split(/\s+/).filter((word) => word !== '')),
);

const infoSchema = v.object({
  xen_major: number,
  xen_minor: number,
  xen_version: v.string(),
  /** In MiB. */
  total_memory: number,
  /** In MiB. */
  free_memory: number,
  /** The guest interfaces, such as xen-3.0-x86_64. */
  xen_caps: words,
  xen_scheduler: v.pipe(v.string(), v.regex(/^\S+$/, 'is empty')),
  xen_commandline: v.optional(words, ''),
});

/** The part of `xl info` (xl(1)) that runx reads. */
export type XenInfo = v.InferOutput<typeof infoSchema>;

/** Splits the output of `xl info`, which has a key and a value on each line. */
const valuesOf = (text: string): Readonly<Record<string, string>> => {
  const lines = [...text.matchAll(/^(\w+) *:(.*)$/gm)];
  return Object.fromEntries(lines.map(([, key = '', value = '']) => [key, value.trim()]));
};

export const parseXenInfo = (text: string): XenInfo =>
  parseValue(infoSchema, valuesOf(text), 'xl info');

/** Reads the name of the scheduler only, so other missing keys do not matter. */
export const parseScheduler = (text: string): string =>
  parseValue(v.pick(infoSchema, ['xen_scheduler']), valuesOf(text), 'xl info').xen_scheduler;
