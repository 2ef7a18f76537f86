import { RunxError, ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type RunOptions, findProgram, run } from '../process.ts';

/** The xl tool of this host. */
export interface Xl {
  /** Absolute path. */
  readonly path: string;
  readonly log: Log;
}

const timeoutMs = 120_000;

/** Finds xl; a host that has none is no Dom0. */
export const findXl = async (name: string, log: Log): Promise<Xl> => {
  const path = await findProgram(name);
  if (path !== undefined) return { path, log };
  throw new RunxError(
    `${name} was not found: runx runs in a Xen Dom0 with the xl toolstack (see "Requirements" in its README)`,
  );
};

/** Runs an xl command to its end. */
export const xl = (tool: Xl, args: readonly string[], options: Partial<RunOptions> = {}) =>
  run(tool.path, args, { log: tool.log, timeoutMs, ...options });

/** Creates the domain, paused, and leaves no xl behind that would act on its end. */
export const createDomain = async (tool: Xl, configFile: string): Promise<void> => {
  await xl(tool, ['create', '-p', '-e', '-q', configFile]);
};

export const unpauseDomain = async (tool: Xl, name: string): Promise<void> => {
  await xl(tool, ['unpause', name]);
};

export const pauseDomain = async (tool: Xl, name: string): Promise<void> => {
  await xl(tool, ['pause', name]);
};

/** Asks the guest to give back memory, or lets it take some; up to its maximum. */
export const setMemory = async (tool: Xl, name: string, memoryMiB: number): Promise<void> => {
  await xl(tool, ['mem-set', name, `${memoryMiB}m`]);
};

/** Has the guest use so many of its virtual CPUs. */
export const setVcpus = async (tool: Xl, name: string, count: number): Promise<void> => {
  // More than the host has CPUs is no error when the domain is created either.
  await xl(tool, ['vcpu-set', '--ignore-host', name, String(count)]);
};

/** Has all virtual CPUs run on these of the host's. */
export const pinVcpus = async (tool: Xl, name: string, cpus: string): Promise<void> => {
  await xl(tool, ['vcpu-pin', name, 'all', cpus]);
};

/** Gives the domain one more network interface, with this program for its hotplug script. */
export const attachVif = async (
  tool: Xl,
  name: string,
  mac: string,
  script: string,
): Promise<void> => {
  await xl(tool, ['network-attach', name, `mac=${mac}`, `script=${script}`]);
};

/** The id of the domain with this name. */
export const domainId = async (tool: Xl, name: string): Promise<number> => {
  const { stdout } = await xl(tool, ['domid', name]);
  const text = stdout.trim();
  if (!/^\d+$/.test(text)) throw new RunxError(`xl domid ${name}: no number in "${text}"`);
  return Number(text);
};

/** Destroys the domain; one that is already gone is as good. */
export const destroyDomain = async (tool: Xl, name: string): Promise<void> => {
  try {
    await xl(tool, ['destroy', name]);
  } catch (error) {
    if (
      error instanceof ToolError &&
      error.exitCode !== undefined &&
      !(await domainExists(tool, name))
    ) {
      return;
    }
    throw error;
  }
};

/** Whether a domain has this name, dying ones included. */
export const domainExists = async (tool: Xl, name: string): Promise<boolean> => {
  const { exitCode } = await xl(tool, ['list', name], { okExitCodes: [1] });
  return exitCode === 0;
};
