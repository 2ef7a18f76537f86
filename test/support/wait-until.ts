import { setTimeout } from 'node:timers/promises';

const pollMs = 10;
const deadlineMs = 20_000;

/** Waits until `check` gives something, and returns that. */
export const waitUntil = async <T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> => {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await setTimeout(pollMs);
  }
};
