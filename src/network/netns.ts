import { stat } from 'node:fs/promises';

import { RunxError } from '../errors.ts';
import { type RunxMonitor, inNetworkOf } from '../host/runx-monitor.ts';
import { findProgram, run } from '../process.ts';

/** A way to run programs in the network namespace of a process. */
export interface Netns {
  /** Of a process in it: the container's monitor. */
  readonly pid: number;
  /** Runs ip(8) or tc(8) of the host in it, on `input`, and returns what it says. */
  readonly run: (tool: 'ip' | 'tc', args: readonly string[], input?: string) => Promise<string>;
}

const timeoutMs = 30_000;

/** Opens the network namespace of a process. */
export const openNetns = (monitor: RunxMonitor, pid: number): Netns => ({
  pid,
  run: async (name, args, input = '') => {
    const path = await findProgram(name);
    if (path === undefined) {
      throw new RunxError(`${name} was not found: networks need ip and tc of iproute2`);
    }
    const inside = inNetworkOf(monitor, pid, { file: path, argv0: name, args });
    const { stdout } = await run(inside.file, inside.args, {
      log: monitor.log,
      timeoutMs,
      input,
    });
    return stdout;
  },
});

/** Whether a path leads to the network namespace that runx itself is in. */
export const isOwnNetns = async (path: string): Promise<boolean> => {
  const [own, other] = await Promise.all([
    stat('/proc/self/ns/net'),
    // The monitor, which enters it, says what is wrong with it.
    stat(path).catch(() => undefined),
  ]);
  return own.dev === other?.dev && own.ino === other.ino;
};
