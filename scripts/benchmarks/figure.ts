export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** A figure as a line has it: with its unit, or right-aligned in a column of a table. */
interface Shown {
  readonly figure: Figure;
  readonly digits: number;
  readonly column?: number;
}

/** What a benchmark prints: text with figures in it. */
export type Line = readonly (string | Shown)[];

export const show = (name: string, value: number, unit: string, digits = 0): Shown => ({
  figure: { name, value, unit },
  digits,
});

const renderPart = (part: string | Shown): string => {
  if (typeof part === 'string') return part;
  const { figure, digits, column } = part;
  const number = figure.value.toFixed(digits);
  return column === undefined ? `${number} ${figure.unit}` : number.padStart(column);
};

export const renderLine = (line: Line): string => line.map(renderPart).join('');

export const figuresOf = (line: Line): readonly Figure[] =>
  line.flatMap((part) => (typeof part === 'string' ? [] : [part.figure]));

/** The median; with an even number of values, the upper of the two in the middle. */
export const medianOf = (values: readonly number[]): number => {
  const median = values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
  if (median === undefined) throw new Error('there is no median of nothing');
  return median;
};
