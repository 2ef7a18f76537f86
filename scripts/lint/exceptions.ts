/** What a check of the sources found; `where` stays the same as long as it is not mended. */
export interface Violation {
  readonly where: string;
  readonly what: string;
}

/**
 * A line for each violation that is not known.  A known one that is no longer there has a
 * line as well, so that a list of exceptions only gets shorter.
 */
export const renderViolations = (
  found: readonly Violation[],
  known: readonly string[],
): readonly string[] => {
  const places = new Set(found.map(({ where }) => where));
  return [
    ...found
      .filter(({ where }) => !known.includes(where))
      .map(({ where, what }) => `${where}: ${what}`),
    ...known
      .filter((where) => !places.has(where))
      .map((where) => `${where}: no longer so, take it off the list of exceptions`),
  ];
};

/** Prints the lines, and fails when there is one. */
export const report = (lines: readonly string[]): void => {
  for (const line of lines) console.error(line);
  if (lines.length > 0) process.exitCode = 1;
};
