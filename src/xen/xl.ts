import { RunxError, ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type RunOptions, findProgram, run } from '../process.ts';

/** The xl program of this host. */
export interface Xl {
  /** Absolute path. */
  readonly path: string;
  readonly log: Log;
}

const timeoutMs = 120_000;

/** Finds xl; throws RunxError if the host has no xl. */
export const findXl = async (name: string, log: Log): Promise<Xl> => {
  const path = await findProgram(name);
  if (path !== undefined) return { path, log };
  throw new RunxError(
    `${name} was not found: runx needs a Xen Dom0 with the xl toolstack: run "runx check", or set xl in runx.toml`,
  );
};

/** Runs an xl command and waits for it. */
export const xl = (tool: Xl, args: readonly string[], options: Partial<RunOptions> = {}) =>
  run(tool.path, args, { log: tool.log, timeoutMs, ...options });

/** Creates the domain, paused or not; -e keeps xl from waiting for the end of the domain. */
export const xlCreate = async (tool: Xl, configFile: string, paused: boolean): Promise<void> => {
  await xl(tool, ['create', ...(paused ? ['-p'] : []), '-e', '-q', configFile]);
};

export const unpauseDomain = async (tool: Xl, name: string): Promise<void> => {
  await xl(tool, ['unpause', name]);
};

export const pauseDomain = async (tool: Xl, name: string): Promise<void> => {
  await xl(tool, ['pause', name]);
};

/** Sets the target of the guest's balloon driver, up to the maximum of the domain. */
export const setMemory = async (tool: Xl, name: string, memoryMiB: number): Promise<void> => {
  await xl(tool, ['mem-set', name, `${memoryMiB}m`]);
};

/** Sets how many of its virtual CPUs the guest uses. */
export const setVcpus = async (tool: Xl, name: string, count: number): Promise<void> => {
  // xl create does not limit the number to the CPUs of the host either.
  await xl(tool, ['vcpu-set', '--ignore-host', name, String(count)]);
};

/** Pins all virtual CPUs to a list of host CPUs, such as "0-2,5". */
export const pinVcpus = async (tool: Xl, name: string, cpus: string): Promise<void> => {
  await xl(tool, ['vcpu-pin', name, 'all', cpus]);
};

/** Adds a network interface to the domain; `script` is the path of its hotplug script. */
export const attachVif = async (
  tool: Xl,
  name: string,
  mac: string,
  script: string,
): Promise<void> => {
  await xl(tool, ['network-attach', name, `mac=${mac}`, `script=${script}`]);
};

/** Destroys the domain; succeeds if the domain does not exist. */
export const xlDestroy = async (tool: Xl, name: string): Promise<void> => {
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

/** Whether a domain, dying or not, has this name. */
export const domainExists = async (tool: Xl, name: string): Promise<boolean> => {
  const { exitCode } = await xl(tool, ['list', name], { okExitCodes: [1] });
  return exitCode === 0;
};
