import * as v from 'valibot';

import { parseValue } from '../schema.ts';

const number = v.pipe(v.string(), v.regex(/^\d+$/, 'is no number'), v.transform(Number));
const words = v.pipe(
  v.string(),
  v.transform((text) => text.split(/\s+/).filter((word) => word !== '')),
);

const infoSchema = v.object({
  xen_major: number,
  xen_minor: number,
  xen_version: v.string(),
  /** In MiB, both. */
  total_memory: number,
  free_memory: number,
  /** The interfaces to guests, such as xen-3.0-x86_64. */
  xen_caps: words,
  xen_scheduler: v.pipe(v.string(), v.regex(/^\S+$/, 'names no scheduler')),
  xen_commandline: v.optional(words, ''),
});

/** What `xl info` says of Xen (xl(1)). */
export type XenInfo = v.InferOutput<typeof infoSchema>;

/** What `xl info` prints: a key and its value a line. */
const valuesOf = (text: string): Readonly<Record<string, string>> => {
  const lines = [...text.matchAll(/^(\w+) *:(.*)$/gm)];
  return Object.fromEntries(lines.map(([, key = '', value = '']) => [key, value.trim()]));
};

export const parseXenInfo = (text: string): XenInfo =>
  parseValue(infoSchema, valuesOf(text), 'xl info');

/** The scheduler's name alone, for which the rest may be as it likes. */
export const parseScheduler = (text: string): string =>
  parseValue(v.pick(infoSchema, ['xen_scheduler']), valuesOf(text), 'xl info').xen_scheduler;
