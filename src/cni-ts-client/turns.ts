/** Lets a task wait until it may run. */
export interface Turns {
  /** One at a time for a container, many containers at once. */
  readonly ofContainer: <T>(containerID: string, task: () => Promise<T>) => Promise<T>;
  /** Alone. */
  readonly exclusive: <T>(task: () => Promise<T>) => Promise<T>;
}

/** The order that the specification asks for (section 3, Lifecycle & Ordering). */
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
