import { type HoldOptions, type RunxMonitor, startHold } from '../host/runx-monitor.ts';
import { type MonitorProcess, openControl } from './control.ts';

/** The process that holds the namespaces of a sandbox, while runx is connected to it. */
export interface SandboxHolder extends MonitorProcess {
  /** Lets the sandbox outlive runx. */
  readonly commit: () => void;
}

/** Starts the holder of a sandbox. */
export const startSandboxHolder = async (
  tool: RunxMonitor,
  options: HoldOptions,
): Promise<SandboxHolder> => {
  const { identity, exitCode, release, send } = await openControl(await startHold(tool, options));
  return { identity, exitCode, release, commit: () => send('commit') };
};
