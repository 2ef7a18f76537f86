/** The outcome of one point; after an error, no container can run. */
export type Status = 'ok' | 'warning' | 'error';

interface Good {
  readonly name: string;
  readonly status: 'ok';
  /** What was found; `name` is its subject. */
  readonly found: string;
}

interface Bad {
  readonly name: string;
  readonly status: 'warning' | 'error';
  /** What is wrong; in a warning, also what does not work because of it. */
  readonly found: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** One thing that a host needs, and whether the host has it. */
export type Point = Good | Bad;

/** The worst status of all points. */
export const verdictOf = (points: readonly Point[]): Status => {
  const statuses = new Set(points.map(({ status }) => status));
  if (statuses.has('error')) return 'error';
  return statuses.has('warning') ? 'warning' : 'ok';
};
