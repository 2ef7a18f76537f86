import type { Context } from '../context.ts';
import { hasOwnGuest } from '../domain/boot-kind.ts';
import type { Boot } from '../domain/boot.ts';
import { buildRamdisk } from '../guest/ramdisk.ts';
import { openRunxMonitor, readHostname } from '../host/runx-monitor.ts';
import type { Spec } from '../oci/spec.ts';
import { ociVersion } from '../oci/version.ts';
import { checkCommand } from '../rootfs/command.ts';
import { rootfsEntries } from '../rootfs/rootfs.ts';
import type { FileSystems } from './file-systems.ts';
import type { NewContainer } from './new-container.ts';
import { renderHookState } from './state.ts';

// The pid of the container's process in its own pid namespace.
const firstPid = 1;

/** Makes the ramdisk of runx for a container; undefined if the domain does not boot it. */
export const planRamdisk = async (
  context: Context,
  { id, bundle, process, networkCount }: NewContainer,
  boot: Boot,
  { rootfs, mounts }: FileSystems,
): Promise<Buffer | undefined> => {
  if (hasOwnGuest(boot.kind) || rootfs === undefined) return undefined;
  const { spec, path, rootfs: rootfsPath } = bundle;
  const destinations = spec.mounts.map((mount) => mount.destination);
  await checkCommand(rootfsPath, process, destinations);
  const subject = { ociVersion, id, bundle: path, annotations: spec.annotations };
  const hookState = renderHookState(subject, 'created', firstPid);
  const named = await withHostname(context, spec);
  return buildRamdisk(context.config.ramdisk, {
    spec: named,
    process,
    rootfs: rootfsEntries(rootfs),
    mounts,
    hasNetworks: networkCount > 0,
    hookState,
  });
};

/**
 * Sets the host name in a spec.  If config.json has no host name but names a UTS namespace, as for
 * the containers of a pod, the host name is that of the namespace.
 */
const withHostname = async (context: Context, spec: Spec): Promise<Spec> => {
  const path = spec.linux.namespaces.find(({ type }) => type === 'uts')?.path;
  if (spec.hostname || !path) return spec;
  return { ...spec, hostname: await readHostname(openRunxMonitor(context), path) };
};
