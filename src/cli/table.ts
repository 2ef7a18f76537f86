import { printable } from '../log.ts';

const gap = 4;

/** Renders rows of cells as lines; each column is as wide as its widest cell. */
export const renderTable = (raw: readonly (readonly string[])[]): string => {
  const rows = raw.map((row) => row.map(printable));
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd((widths?.[column] ?? 0) + gap))
        .join('')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
};
