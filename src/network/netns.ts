import { promises as fs } from 'node:fs';

import { RunxError } from '../errors.ts';
import { type RunxMonitor, inNetworkOf } from '../host/runx-monitor.ts';
import { findProgram, run } from '../process.ts';

/** The network namespace of a process, in which programs can be run. */
export interface Netns {
  /** The pid of the process: the container's monitor. */
  readonly pid: number;
  /** Runs the host's ip(8) or tc(8) in the namespace and returns its standard output. */
  readonly run: (tool: 'ip' | 'tc', args: readonly string[], input?: string) => Promise<string>;
}

const timeoutMs = 30_000;

export const openNetns = (monitor: RunxMonitor, pid: number): Netns => ({
  pid,
  run: async (name, args, input = '') => {
    const path = await findProgram(name);
    if (path === undefined) {
      throw new RunxError(`${name} was not found: networks need ip and tc: install iproute2`);
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

/** Whether a path is the network namespace of runx itself, which is Dom0's. */
export const isOwnNetns = async (path: string): Promise<boolean> => {
  const [own, other] = await Promise.all([
    fs.stat('/proc/self/ns/net'),
    // A bad path is reported later, when the monitor enters the namespace.
    fs.stat(path).catch(() => undefined),
  ]);
  return own.dev === other?.dev && own.ino === other.ino;
};
