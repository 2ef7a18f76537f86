// The file of what was measured, from which the table and the chart are made.
import * as v from 'valibot';

import type { Row } from './rows.ts';

const measurementSchema = v.object({
  /** When it was done, RFC 3339. */
  date: v.string(),
  commit: v.string(),
  /** The version of the Node.js that ran runx. */
  node: v.string(),
  /** The version of Xen, where it was measured in a Dom0. */
  xen: v.optional(v.string()),
  command: v.string(),
  samples: v.record(v.string(), v.array(v.number())),
});

/** What one part has measured, in one run and one boot. */
export type Measurement = v.InferOutput<typeof measurementSchema>;

const fileSchema = v.object({ parts: v.record(v.string(), measurementSchema) });

/** By the names of the parts. */
export type Measurements = v.InferOutput<typeof fileSchema>['parts'];

export const parseMeasurements = (text: string): Measurements =>
  v.parse(fileSchema, JSON.parse(text)).parts;

/** The rows are for who reads the file; they are made of the samples again. */
export const renderMeasurements = (parts: Measurements, rows: readonly Row[]): string =>
  `${JSON.stringify({ rows, parts }, null, 2)}\n`;
