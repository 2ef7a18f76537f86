/** Runs tasks in the order that the specification requires. */
export interface Turns {
  /** Runs a task after the earlier tasks of the same container. */
  readonly ofContainer: <T>(containerID: string, task: () => Promise<T>) => Promise<T>;
  /** Runs a task while no other task runs. */
  readonly exclusive: <T>(task: () => Promise<T>) => Promise<T>;
}

/** Creates the queues for the ordering of the specification (section 3, Lifecycle & Ordering). */
export const createTurns = (): Turns => {
  const last = new Map<string, Promise<unknown>>();
  let lastExclusive: Promise<unknown> = Promise.resolve();
  return {
    ofContainer: (containerID, task) => {
      const before = [lastExclusive, last.get(containerID) ?? Promise.resolve()];
      const turn = Promise.allSettled(before).then(task);
      last.set(containerID, turn);
      const leave = (): void => {
        if (last.get(containerID) === turn) last.delete(containerID);
      };
      turn.then(leave, leave);
      return turn;
    },
    exclusive: (task) => {
      const turn = Promise.allSettled([lastExclusive, ...last.values()]).then(task);
      lastExclusive = turn;
      return turn;
    },
  };
};
