/** How a point of the check came out: with an error, no container can run. */
export type Status = 'ok' | 'warning' | 'error';

interface Good {
  readonly name: string;
  readonly status: 'ok';
  /** What was found, for a reader who knows the name. */
  readonly found: string;
}

interface Bad {
  readonly name: string;
  /** A warning's `found` says what cannot be had. */
  readonly status: 'warning' | 'error';
  readonly found: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** One thing that a host needs, and what was found of it. */
export type Point = Good | Bad;

/** The worst of them. */
export const verdictOf = (points: readonly Point[]): Status => {
  const statuses = new Set(points.map(({ status }) => status));
  if (statuses.has('error')) return 'error';
  return statuses.has('warning') ? 'warning' : 'ok';
};
