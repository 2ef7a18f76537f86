import { type Launched, endMonitor, startHolder } from '../monitor/monitor.ts';
import type { Bundle } from '../oci/bundle.ts';
import { ociVersion } from '../oci/version.ts';
import { enterCgroup, removeCgroup } from './cgroup.ts';
import { claimContainer } from './claim.ts';
import type { Context } from './context.ts';
import { hasCreateHooks, runCreateHooks, runPoststopHooks } from './hooks.ts';
import { writePidFile } from './pid-file.ts';
import { type ContainerRecord, removeContainer, saveRecord, saveSpec } from './store.ts';
import { withUndo } from './undo.ts';

// What the kubelet's side says of the containers of a pod: containerd, then CRI-O and podman.
const typeAnnotations = [
  'io.kubernetes.cri.container-type',
  'io.kubernetes.cri-o.ContainerType',
] as const;

type Annotations = Readonly<Record<string, string>>;

const hasType = (annotations: Annotations, type: string): boolean =>
  typeAnnotations.some((name) => annotations[name] === type);

/** Whether this is the container that only holds the namespaces of a pod. */
export const isSandbox = (annotations: Annotations): boolean => hasType(annotations, 'sandbox');

/** Whether this is a container in a pod. */
export const isInPod = (annotations: Annotations): boolean => hasType(annotations, 'container');

const holderEndsMs = 30_000;

interface SandboxOptions {
  readonly id: string;
  readonly pidFile?: string | undefined;
  /** Path of its network namespace; one of its own unless given. */
  readonly network: string | undefined;
}

/**
 * Creates the sandbox of a pod.  Its process would only wait, so it is a process of the
 * host, and costs no domain; nothing of its image is executed.
 */
export const createSandbox = async (
  context: Context,
  { spec, path, rootfs, json }: Bundle,
  { id, pidFile, network }: SandboxOptions,
): Promise<Launched> => {
  const { config, log, root } = context;
  return withUndo(log, async (undo) => {
    let hooked: ContainerRecord | undefined;
    undo(`running the poststop hooks of ${id}`, async () => {
      if (hooked !== undefined) await runPoststopHooks(context, spec.hooks, hooked);
    });
    const { directory, lock } = await claimContainer(context, id);
    undo(`removing ${directory}`, () => removeContainer(root, id));
    await saveSpec(root, id, json);
    const { cgroupsPath } = spec.linux;
    if (cgroupsPath) undo(`removing the cgroup of ${id}`, () => removeCgroup(cgroupsPath, log));
    const holder = await startHolder({
      program: config.monitor,
      stateDirectory: directory,
      id,
      network,
      hostname: spec.hostname ?? undefined,
      log,
    });
    undo(`ending the holder of ${id}`, async () => {
      holder.release();
      await endMonitor(holder.identity, { patienceMs: 0, killedMs: holderEndsMs });
    });
    if (cgroupsPath) await enterCgroup(cgroupsPath, holder.identity.pid, log);
    const record: ContainerRecord = {
      version: 1,
      ociVersion,
      id,
      bundle: path,
      rootfs,
      created: new Date().toISOString(),
      annotations: spec.annotations,
      monitor: holder.identity,
    };
    if (hasCreateHooks(spec.hooks)) hooked = record;
    await runCreateHooks(context, spec.hooks, record);
    await saveRecord(root, record);
    if (pidFile !== undefined) await writePidFile(pidFile, holder.identity.pid);
    holder.commit();
    lock.release();
    return holder;
  });
};
