import { resolve } from 'node:path';

import { RunxError, sentences } from '../errors.ts';
import { renderProcessRecord } from '../guest/record.ts';
import { compileFilter } from '../guest/seccomp/filter.ts';
import { startExecMonitor } from '../monitor/exec-monitor.ts';
import { endMonitor } from '../monitor/container-monitor.ts';
import { killedExitCode } from '../oci/signals.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { firstSlot } from '../protocol/contract.ts';
import { enterCgroup } from '../host/cgroup.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { withLock } from './lock.ts';
import { withoutNetconf } from './networks.ts';
import { writePidFile } from './pid-file.ts';
import { catchSignals } from './signals.ts';
import { statusOf } from './status.ts';
import { containerDirectory, domainOf, loadRecord, loadSavedSpec, saveExec } from './record.ts';
import { warnOfCapabilities } from './supported.ts';
import { checkTerminal } from './terminal.ts';
import { withUndo } from './undo.ts';

export interface ExecOptions {
  readonly id: string;
  /** The process to add, made from the container's own configuration if need be. */
  readonly process: (spec: Spec) => Promise<Process>;
  readonly detach: boolean;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
}

// A guest may still be booting, and boots slowly under emulation.
const startsMs = 60_000;
const monitorEndsMs = 1000;

const withTimeout = async (promise: Promise<void>, timeoutMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new RunxError(`the guest did not answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Adds a process to a running container; in the foreground, waits for it and returns
 * its exit code.
 */
export const execInContainer = async (context: Context, options: ExecOptions): Promise<number> => {
  const { config, log, root } = context;
  const id = parseContainerId(options.id);
  const record = await loadRecord(root, id);
  const status = await statusOf(root, record);
  const { domid, name, ownGuest } = domainOf(record);
  if (status !== 'running' || domid === undefined)
    throw new RunxError(sentences.cannotExec(status));
  if (ownGuest) {
    throw new RunxError(
      `container ${id} boots a ramdisk of its own, or none: nothing in its domain takes a process`,
    );
  }
  const spec = await loadSavedSpec(root, id);
  if (spec === undefined) throw new RunxError(`container ${id} has lost its configuration`);
  const process = withoutNetconf(await options.process(spec));
  checkTerminal(process.terminal, options.detach, options.consoleSocket);
  warnOfCapabilities(process, log);
  const added = renderProcessRecord(firstSlot, spec, process, await compileFilter(spec));
  const signals = options.detach ? undefined : catchSignals();
  const monitor = await withUndo(log, async (undo) => {
    const started = await startExecMonitor({
      program: config.monitor,
      stateDirectory: containerDirectory(root, id),
      id,
      domain: { name, domid },
      terminal: process.terminal,
      consoleSocket:
        options.consoleSocket === undefined ? undefined : resolve(options.consoleSocket),
      log,
    });
    undo(`ending the monitor ${started.identity.pid}`, async () => {
      started.release();
      // Without runx it ends by itself, and leaves the terminal as it was.
      await endMonitor(started.identity, { patienceMs: monitorEndsMs, killedMs: monitorEndsMs });
    });
    // A delete at the same time must find it, or have it refused here.
    await withLock(context, id, async () => {
      if ((await loadRecord(root, id)).monitor.pid !== record.monitor.pid) {
        throw new RunxError(sentences.doesNotExist);
      }
      await saveExec(root, id, started.identity);
      const { cgroupsPath } = spec.linux;
      if (cgroupsPath) await enterCgroup(cgroupsPath, started.identity.pid, log);
    });
    const start = withTimeout(started.start(added), startsMs);
    await Promise.race(signals === undefined ? [start] : [start, signals.interrupted]);
    if (options.pidFile !== undefined) await writePidFile(options.pidFile, started.identity.pid);
    return started;
  });
  signals?.forward(monitor.identity.pid);
  // A monitor that is killed says no code, and its process is killed with it.
  const exitCode = options.detach ? 0 : await monitor.exitCode().catch(() => killedExitCode);
  monitor.release();
  return exitCode;
};
