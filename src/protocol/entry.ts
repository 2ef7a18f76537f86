/** One entry of a record (README.md, "Records"): its key and its value. */
export type RecordEntry = readonly [key: string, value: string | number];

/** The entries as the guest reads them. */
export const renderEntries = (entries: readonly RecordEntry[]): Buffer =>
  Buffer.from(entries.map(([key, value]) => `${key} ${value}\0`).join(''));

/** The entry for a value, if there is one. */
export const optionalEntry = (
  key: string,
  value: string | number | null | undefined,
): readonly RecordEntry[] => (value === null || value === undefined ? [] : [[key, value]]);
