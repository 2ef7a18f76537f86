import { type Row, type Unit, isMet } from './rows.ts';

const digits: Readonly<Record<Unit, number>> = { s: 2, times: 2, ms: 0, MiB: 2, MB: 2, '': 0 };

const renderValue = (value: number, unit: Unit): string =>
  `${value.toFixed(digits[unit])} ${unit}`.trimEnd();

const renderTarget = ({ target, unit }: Row): string => {
  if (target === undefined) return '';
  const { most, rule } = target;
  const words = `<= ${renderValue(most, unit)}`;
  if (rule === undefined) return words;
  return unit === 'times' ? `${words} ${rule}` : `${words} (${rule})`;
};

const renderVerdict = (row: Row): string => {
  const met = isMet(row);
  if (met === undefined) return '';
  return met ? 'met' : 'MISSED';
};

/** The figures, what they must be and whether they are, in columns. */
export const renderTable = (rows: readonly Row[]): string => {
  const cells = rows.map((row) => [
    row.label,
    renderValue(row.value, row.unit),
    renderTarget(row),
    renderVerdict(row),
  ]);
  const all = [['figure', 'measured', 'target', ''], ...cells];
  const widths = [0, 1, 2].map((index) => Math.max(...all.map((line) => line[index]?.length ?? 0)));
  return all
    .map((line) => line.map((cell, index) => cell.padEnd((widths[index] ?? 0) + 2)).join(''))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
};
