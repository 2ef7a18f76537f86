import { resolve } from 'node:path';

import type { Context } from '../context.ts';
import { hasOwnGuest } from '../domain/boot-kind.ts';
import { RunxError, sentences } from '../errors.ts';
import { renderProcessRecord } from '../guest/record.ts';
import { compileFilter } from '../guest/seccomp/filter.ts';
import { enterCgroup } from '../host/cgroup.ts';
import { endProcess } from '../host/process-identity.ts';
import { openRunxMonitor } from '../host/runx-monitor.ts';
import { type ExecMonitor, startExecMonitor } from '../monitor/exec-monitor.ts';
import { killedExitCode } from '../oci/signals.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { containerDirectory } from './directory.ts';
import { saveExec } from './exec-records.ts';
import { withCallerLimits } from './caller-limits.ts';
import { parseContainerId } from './id.ts';
import { withLock } from './lock.ts';
import { withoutNetconf } from './netconf-env.ts';
import { writePidFile } from './pid-file.ts';
import { type ContainerRecord, findSpec, loadDomainOf, loadRecord, placementOf } from './record.ts';
import { type CaughtSignals, catchSignals } from './signals.ts';
import { checkAllowed } from './status.ts';
import { warnOfCapabilities } from './supported.ts';
import { checkTerminal } from './terminal.ts';
import { withUndo } from './undo.ts';

/** The options of `runx exec`. */
export interface ExecOptions {
  readonly id: string;
  /** Makes the process to add, which may use values of the container's config.json. */
  readonly process: (spec: Spec) => Promise<Process>;
  readonly detach: boolean;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
}

/** A process to add to a running container. */
interface NewProcess {
  readonly record: ContainerRecord;
  readonly domain: { readonly name: string; readonly domid: number };
  readonly spec: Spec;
  readonly process: Process;
}

/**
 * Adds a process to a running container.  Waits for the process and returns its exit code, or
 * returns 0 once the process runs if `detach` is set.
 */
export const execInContainer = async (context: Context, options: ExecOptions): Promise<number> => {
  const added = await planProcess(context, options);
  const signals = options.detach ? undefined : catchSignals();
  const monitor = await startProcess(context, options, added, signals);
  signals?.forward(monitor.identity.pid);
  // If the monitor is killed, it sends no exit code and the process is killed with it.
  const exitCode = options.detach ? 0 : await monitor.exitCode().catch(() => killedExitCode);
  monitor.release();
  return exitCode;
};

/** Checks that the process can be added; throws RunxError if not. */
const planProcess = async (context: Context, options: ExecOptions): Promise<NewProcess> => {
  const { log, root } = context;
  const id = parseContainerId(options.id);
  const record = await loadRecord(root, id);
  placementOf(record);
  await checkAllowed('exec', root, record);
  const { name, domid, boot } = await loadDomainOf(root, record);
  if (domid === undefined) throw new RunxError(sentences.cannotExec('stopped'));
  if (hasOwnGuest(boot)) {
    throw new RunxError(`container ${id} does not boot the ramdisk of runx: exec is not possible`);
  }
  const spec = await findSpec(root, id);
  if (spec === undefined)
    throw new RunxError(
      `container ${id}: its copy of config.json is missing: delete the container and create it again`,
    );
  const process = await withCallerLimits(withoutNetconf(await options.process(spec)));
  checkTerminal(process, options);
  warnOfCapabilities(process, log);
  return { record, domain: { name, domid }, spec, process };
};

// The guest may still be booting, which is slow under emulation.
const startsMs = 60_000;
const monitorEndsMs = 1000;

const startProcess = async (
  context: Context,
  { consoleSocket, pidFile }: ExecOptions,
  { record, domain, spec, process }: NewProcess,
  signals: CaughtSignals | undefined,
): Promise<ExecMonitor> => {
  const { log, root } = context;
  const { id } = record;
  const { slot } = placementOf(record);
  const rendered = renderProcessRecord(slot, spec, process, await compileFilter(spec));
  return withUndo(log, async (undo) => {
    const monitor = await startExecMonitor(openRunxMonitor(context), {
      stateDirectory: containerDirectory(root, id),
      id,
      slot,
      domain,
      terminal: process.terminal,
      consoleSize: process.consoleSize,
      consoleSocket: consoleSocket === undefined ? undefined : resolve(consoleSocket),
    });
    undo(`ending the monitor ${monitor.identity.pid}`, async () => {
      monitor.release();
      // The monitor ends by itself when the connection closes, and restores the terminal first.
      await endProcess(monitor.identity, { patienceMs: monitorEndsMs, killedMs: monitorEndsMs });
    });
    // A concurrent delete must either find this record or make this exec fail.
    await withLock(context, id, async () => {
      if ((await loadRecord(root, id)).monitor.pid !== record.monitor.pid) {
        throw new RunxError(sentences.doesNotExist);
      }
      await saveExec(root, id, monitor.identity);
      const { cgroupsPath } = spec.linux;
      if (cgroupsPath) await enterCgroup(cgroupsPath, monitor.identity.pid, log);
    });
    const start = withTimeout(monitor.start(rendered), startsMs);
    await Promise.race(signals === undefined ? [start] : [start, signals.interrupted]);
    if (pidFile !== undefined) await writePidFile(pidFile, monitor.identity.pid);
    return monitor;
  });
};

const withTimeout = async (promise: Promise<void>, timeoutMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(new RunxError(`the guest did not start the process within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
