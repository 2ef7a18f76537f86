import { endMonitor, type Launched } from '../monitor/container-monitor.ts';
import type { Bundle } from '../oci/bundle.ts';
import { ociVersion } from '../oci/version.ts';
import { enterCgroup, removeCgroup } from '../host/cgroup.ts';
import { claimContainer } from './claim.ts';
import type { Context } from './context.ts';
import { hasCreateHooks, runCreateHooks, runPoststopHooks } from './hooks.ts';
import { writePidFile } from './pid-file.ts';
import { type ContainerRecord, removeContainer, saveRecord, saveSpec } from './record.ts';
import { type Undo, withUndo } from './undo.ts';

/** Which container is to be created, and of what. */
export interface Subject {
  readonly id: string;
  readonly bundle: Bundle;
  readonly pidFile?: string | undefined;
}

/** The process on the host that stands for it. */
interface Standing extends Launched {
  /** From here on the container outlives runx. */
  readonly commit: () => void;
}

/** A container whose id is taken and whose process on the host runs. */
export interface Begun<T> {
  readonly directory: string;
  readonly standing: T;
  /** What is known of it by now; nothing of it has been saved. */
  readonly record: ContainerRecord;
  readonly undo: Undo;
  /** Runs the hooks of create; should it fail from then on, those of poststop. */
  readonly runHooks: (record: ContainerRecord) => Promise<void>;
}

const standingEndsMs = 30_000;

/**
 * Creates a container: takes the id, has `start` start its process on the host, and
 * `finish` do the rest, which returns what is saved of it.  Undoes all if a step fails.
 */
export const beginContainer = <T extends Standing>(
  context: Context,
  { id, bundle, pidFile }: Subject,
  start: (directory: string) => Promise<T>,
  finish: (begun: Begun<T>) => Promise<ContainerRecord>,
): Promise<T> => {
  const { log, root } = context;
  const { hooks, annotations, linux } = bundle.spec;
  return withUndo(log, async (undo) => {
    let hooked: ContainerRecord | undefined;
    undo(`running the poststop hooks of ${id}`, async () => {
      if (hooked !== undefined) await runPoststopHooks(context, hooks, hooked);
    });
    const { directory, lock } = await claimContainer(context, id);
    undo(`removing ${directory}`, () => removeContainer(root, id));
    await saveSpec(root, id, bundle.json);
    const { cgroupsPath } = linux;
    if (cgroupsPath) undo(`removing the cgroup of ${id}`, () => removeCgroup(cgroupsPath, log));
    const standing = await start(directory);
    undo(`ending the monitor of ${id}`, async () => {
      standing.release();
      await endMonitor(standing.identity, { patienceMs: 0, killedMs: standingEndsMs });
    });
    // Before it starts others, which stay with it.
    if (cgroupsPath) await enterCgroup(cgroupsPath, standing.identity.pid, log);
    const record = await finish({
      directory,
      standing,
      record: {
        version: 1,
        ociVersion,
        id,
        bundle: bundle.path,
        rootfs: bundle.rootfs,
        created: new Date().toISOString(),
        annotations,
        monitor: standing.identity,
      },
      undo,
      runHooks: async (subject) => {
        if (hasCreateHooks(hooks)) hooked = subject;
        await runCreateHooks(context, hooks, subject);
      },
    });
    await saveRecord(root, record);
    if (pidFile !== undefined) await writePidFile(pidFile, standing.identity.pid);
    standing.commit();
    lock.release();
    return standing;
  });
};
