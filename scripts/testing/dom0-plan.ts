export interface Machine {
  readonly cpus: number;
  readonly availableMiB: number;
}

export interface Dom0Plan {
  readonly count: number;
  readonly small: boolean;
}

// QEMU takes the memory that the Dom0 gets, and some for the code that it translates.
const normalMiB = 5632;
const smallMiB = 4608;

/**
 * The Dom0s to test in.  One virtual CPU is as fast whether another Dom0 is beside it or
 * not as long as each has a CPU of this machine, and runx's calls hardly use a second one.
 */
export const planDom0s = ({ cpus, availableMiB }: Machine): Dom0Plan => {
  if (cpus >= 4 && availableMiB >= 2 * normalMiB) return { count: 2, small: false };
  if (cpus >= 2 && availableMiB >= 2 * smallMiB) return { count: 2, small: true };
  return { count: 1, small: false };
};

/** MemAvailable of /proc/meminfo. */
export const parseAvailableMiB = (meminfo: string): number =>
  Math.floor(Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) / 1024);
