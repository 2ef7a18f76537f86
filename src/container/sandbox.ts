import type { Context } from '../context.ts';
import { enterCgroup, removeCgroup } from '../host/cgroup.ts';
import { endProcess } from '../host/process-identity.ts';
import { openRunxMonitor } from '../host/runx-monitor.ts';
import type { MonitorProcess } from '../monitor/control.ts';
import { startSandboxHolder } from '../monitor/sandbox-holder.ts';
import type { Bundle } from '../oci/bundle.ts';
import { claimContainer } from './claim.ts';
import { removeContainer } from './directory.ts';
import { hasCreateHooks, runCreateHooks, runPoststopHooks } from './hooks.ts';
import { writePidFile } from './pid-file.ts';
import { type ContainerRecord, newRecord, saveRecord, saveSpec } from './record.ts';
import { withUndo } from './undo.ts';

/** The sandbox of a pod to create. */
export interface NewSandbox {
  readonly id: string;
  readonly bundle: Bundle;
  readonly pidFile: string | undefined;
  /** Path of its network namespace; undefined for a new one. */
  readonly netns: string | undefined;
}

const holderEndsMs = 30_000;

/**
 * Creates the sandbox of a pod.  A sandbox only waits, so it is not a domain: a process on the
 * host, the holder, holds its namespaces.  Nothing of its image is executed.
 */
export const createSandbox = (
  context: Context,
  { id, bundle, pidFile, netns }: NewSandbox,
): Promise<MonitorProcess> => {
  const { log, root } = context;
  const { hooks, linux, hostname } = bundle.spec;
  const { cgroupsPath } = linux;
  return withUndo(log, async (undo) => {
    // Registered first, so undone last: the poststop hooks run if other hooks have run.
    const hooked: { record?: ContainerRecord } = {};
    undo(`running the poststop hooks of ${id}`, async () => {
      if (hooked.record) await runPoststopHooks(context, hooks, hooked.record);
    });
    const { directory, lock } = await claimContainer(context, id);
    undo(`removing ${directory}`, () => removeContainer(root, id));
    await saveSpec(root, id, bundle.json);
    if (cgroupsPath) undo(`removing the cgroup of ${id}`, () => removeCgroup(cgroupsPath, log));
    const holder = await startSandboxHolder(openRunxMonitor(context), {
      stateDirectory: directory,
      id,
      network: netns,
      hostname: hostname ?? undefined,
    });
    undo(`ending the sandbox ${id}`, async () => {
      holder.release();
      await endProcess(holder.identity, { patienceMs: 0, killedMs: holderEndsMs });
    });
    if (cgroupsPath) await enterCgroup(cgroupsPath, holder.identity.pid, log);
    const record = newRecord(id, bundle, holder.identity);
    if (hasCreateHooks(hooks)) hooked.record = record;
    await runCreateHooks(context, hooks, record);
    await saveRecord(root, record);
    if (pidFile !== undefined) await writePidFile(pidFile, holder.identity.pid);
    holder.commit();
    lock.release();
    return holder;
  });
};
