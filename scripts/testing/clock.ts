/** A part of the run, in seconds since its start. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface Clock {
  readonly phases: readonly Phase[];
  /** Seconds since the start. */
  readonly now: () => number;
  /** Notes what has gone on from then to now. */
  readonly note: (name: string, from: number) => void;
  /** Notes how long something takes, also when it fails. */
  readonly time: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** A clock of a run that has begun at `begun`, in seconds since 1970. */
export const startClock = (begun: number): Clock => {
  const phases: Phase[] = [];
  const now = (): number => Date.now() / 1000 - begun;
  const note = (name: string, from: number): void => {
    phases.push({ name, from, to: now() });
  };
  return {
    phases,
    note,
    now,
    async time(name, work) {
      const from = now();
      try {
        return await work();
      } finally {
        note(name, from);
      }
    },
  };
};
