import { type HoldOptions, type RunxMonitor, startHold } from '../host/runx-monitor.ts';
import { type MonitorProcess, openControl } from './control.ts';

/** The process that holds the namespaces of a pod. */
export interface SandboxHolder extends MonitorProcess {
  /** From here on the sandbox outlives runx. */
  readonly commit: () => void;
}

/** Starts the process that holds the namespaces of a pod. */
export const startSandboxHolder = async (
  tool: RunxMonitor,
  options: HoldOptions,
): Promise<SandboxHolder> => {
  const { identity, exitCode, release, send } = await openControl(await startHold(tool, options));
  return { identity, exitCode, release, commit: () => send('commit') };
};
