/** Seconds that a file is taken to need when nobody has written it down. */
const unknownSeconds = 40;

/** The files, the longest first: the last ones to be dealt out are short. */
export const longestFirst = (
  files: readonly string[],
  seconds: Readonly<Record<string, number>>,
): readonly string[] => {
  const secondsOf = (file: string): number => seconds[file] ?? unknownSeconds;
  return files.toSorted(
    (one, other) => secondsOf(other) - secondsOf(one) || one.localeCompare(other),
  );
};

/** Works on a file; false when it can work on no other. */
export type Worker = (file: string) => Promise<boolean>;

/** Has a worker take file after file from a queue that others take from too. */
export const drain = async (queue: string[], work: Worker): Promise<void> => {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (!(await work(file))) return;
  }
};
