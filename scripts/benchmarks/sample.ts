// What the programs in dom0/ print: a line a sample, a name and what was measured, with
// tabs between them.

export interface Sample {
  readonly name: string;
  readonly values: readonly number[];
}

export const parseSample = (line: string): Sample => {
  const [name = '', ...words] = line.split('\t');
  const values = words.map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) {
    throw new Error(`this is no sample: ${JSON.stringify(line)}`);
  }
  return { name, values };
};

/** By name, in the order in which the names first came. */
export type Samples = ReadonlyMap<string, readonly (readonly number[])[]>;

export const groupSamples = async (samples: AsyncIterable<Sample>): Promise<Samples> => {
  const groups = new Map<string, (readonly number[])[]>();
  for await (const { name, values } of samples) {
    groups.set(name, [...(groups.get(name) ?? []), values]);
  }
  return groups;
};

/** The values at `index` of all samples of a name. */
export const valuesOf = (samples: Samples, name: string, index = 0): readonly number[] => {
  const values = (samples.get(name) ?? []).map((sample) => sample[index]);
  const present = values.filter((value) => value !== undefined);
  if (present.length === 0 || present.length < values.length) {
    throw new Error(`the benchmark has not measured ${name}`);
  }
  return present;
};
