import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { RunxError, messageOf } from '../errors.ts';
import { checkCommand } from '../guest/command.ts';
import { buildRamdisk } from '../guest/ramdisk.ts';
import { devicesMiB } from '../guest/memory.ts';
import { planMounts } from '../guest/mounts.ts';
import { planRootfs, shareOf } from '../guest/rootfs.ts';
import type { Share } from '../guest/shares.ts';
import { type Launched, endMonitor, startMonitor } from '../monitor/monitor.ts';
import { loadBundle } from '../oci/bundle.ts';
import { parseLimits } from '../oci/resources.ts';
import { ociVersion } from '../oci/version.ts';
import { attachNetworks, detachNetworks } from '../network/cni.ts';
import { renderDomainConfig } from '../xen/domain-config.ts';
import { createDomain, destroyDomain, domainId, findXl } from '../xen/xl.ts';
import { findProgram } from '../process.ts';
import { parseWishes } from './annotations.ts';
import { findBindSources } from './bind-sources.ts';
import { enterCgroup, removeCgroup } from './cgroup.ts';
import { parseContainerId } from './container-id.ts';
import { claimContainer } from './claim.ts';
import type { Context } from './context.ts';
import { hasCreateHooks, runCreateHooks, runPoststopHooks } from './hooks.ts';
import { planSize } from './size.ts';
import { renderHookState } from './status.ts';
import { type ContainerRecord, removeContainer, saveRecord, saveSpec } from './store.ts';
import { withHostname } from './hostname.ts';
import { writePidFile } from './pid-file.ts';
import { planNetworks, withoutNetconf } from './networks.ts';
import { createSandbox, isSandbox } from './sandbox.ts';
import { checkSupported, warnOfCapabilities } from './supported.ts';
import { checkTerminal } from './terminal.ts';
import { withUndo } from './undo.ts';

export interface CreateOptions {
  readonly id: string;
  readonly bundle: string;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  /** runx stays, with the terminal that it was called on. */
  readonly foreground: boolean;
}

// Nothing of the kernel's own log is wanted but a panic, and a panic ends the domain.
const kernelArguments = 'console=hvc0 quiet panic=0 rdinit=/init';

// Of the container's process, in its own pid namespace.
const firstPid = 1;

const monitorEndsMs = 30_000;

/** Creates a container, as the numbered lifecycle of runtime.md up to "created". */
export const createContainer = async (
  context: Context,
  options: CreateOptions,
): Promise<Launched> => {
  const { config, log, root } = context;
  const id = parseContainerId(options.id);
  const bundle = await loadBundle(options.bundle);
  const spec = await withHostname(bundle.spec, config.monitor, log);
  const configured = checkSupported(spec);
  const process = withoutNetconf(configured);
  const wishes = parseWishes(spec.annotations, config.annotations);
  const { netns, networks } = await planNetworks(context, bundle, configured, wishes.netconf);
  if (isSandbox(spec.annotations)) {
    return createSandbox(context, bundle, { id, pidFile: options.pidFile, network: netns });
  }
  checkTerminal(process.terminal, !options.foreground, options.consoleSocket);
  warnOfCapabilities(process, log);
  const diod = await findProgram(config.diod);
  const rootfs = planRootfs(bundle.rootfs, diod);
  const sources = await findBindSources(spec.mounts, bundle.path);
  const mounts = planMounts(spec.mounts, sources, diod !== undefined);
  const shares = [shareOf(rootfs), ...mounts.shares];
  const limits = parseLimits(spec.linux.resources, 'config.json: linux.resources');
  // An engine may make an interface until `start`.
  const forDevicesMiB = devicesMiB(mounts.shares.length, Math.max(1, networks.length));
  const size = planSize(limits, wishes, config, forDevicesMiB);
  await checkCommand(
    bundle.rootfs,
    process,
    spec.mounts.map((mount) => mount.destination),
  );
  await checkFile('guest kernel', config.kernel);
  const subject = { ociVersion, id, bundle: bundle.path, annotations: spec.annotations };
  const ramdisk = await buildRamdisk(
    config.ramdisk,
    spec,
    process,
    rootfs,
    mounts,
    renderHookState(subject, 'created', firstPid),
  );
  const xl = await findXl(config.xl, log);

  return withUndo(log, async (undo) => {
    let hooked: ContainerRecord | undefined;
    undo(`running the poststop hooks of ${id}`, async () => {
      if (hooked !== undefined) await runPoststopHooks(context, spec.hooks, hooked);
    });
    const { directory, lock } = await claimContainer(context, id);
    undo(`removing ${directory}`, () => removeContainer(root, id));
    await saveSpec(root, id, bundle.json);
    const { cgroupsPath } = spec.linux;
    if (cgroupsPath) undo(`removing the cgroup of ${id}`, () => removeCgroup(cgroupsPath, log));

    const monitor = await startMonitor({
      program: config.monitor,
      stateDirectory: directory,
      id,
      xlPath: xl.path,
      terminal: process.terminal,
      consoleSocket:
        options.consoleSocket === undefined ? undefined : resolve(options.consoleSocket),
      served: diod === undefined ? undefined : { diod, shares },
      network: netns,
      log,
    });
    undo(`ending the monitor of ${id}`, async () => {
      monitor.release();
      await endMonitor(monitor.identity, { patienceMs: 0, killedMs: monitorEndsMs });
    });

    // Before it starts others, which stay with it.
    if (cgroupsPath) await enterCgroup(cgroupsPath, monitor.identity.pid, log);

    const uuid = randomUUID();
    const name = `${id.slice(0, 40)}-${uuid.slice(0, 8)}`;
    const { memoryMiB, maxMemoryMiB, maxVcpus } = size;
    const domain = { name, uuid, memoryMiB, maxMemoryMiB, maxVcpus, forDevicesMiB };
    const record = {
      ...subject,
      version: 1 as const,
      rootfs: bundle.rootfs,
      created: new Date().toISOString(),
      monitor: monitor.identity,
      domain,
    };
    await saveRecord(root, record);
    monitor.name(name);
    if (hasCreateHooks(spec.hooks)) hooked = record;
    await runCreateHooks(context, spec.hooks, record);

    let network: ContainerRecord['network'];
    if (networks.length > 0) {
      const place = { config, log, directory };
      undo(`removing the networks of ${id}`, () => detachNetworks(place, { force: true }));
      network = await attachNetworks(place, monitor.identity.pid, networks);
    }

    const configFile = join(directory, 'xl.cfg');
    const ramdiskFile = join(directory, 'ramdisk');
    await writeFile(ramdiskFile, ramdisk, { mode: 0o600 });
    await writeFile(
      configFile,
      renderDomainConfig({
        bundle: bundle.path,
        name,
        uuid,
        type: wishes.domain_type ?? config.domain_type,
        kernel: config.kernel,
        ramdisk: ramdiskFile,
        kernelArguments: [kernelArguments, wishes.kernel_arguments].filter(Boolean).join(' '),
        ...size,
        shares: diod === undefined ? shares.flatMap(pathsOf) : [],
      }),
      { mode: 0o600 },
    );
    undo(`destroying the domain ${name}`, () => destroyDomain(xl, name));
    await createDomain(xl, configFile);
    const domid = await domainId(xl, name);
    // The domain has its own copy by now; this one holds the container's env.
    await writeFile(ramdiskFile, '');
    await monitor.attach(domid);

    await saveRecord(root, { ...record, domain: { ...domain, domid }, network });
    if (options.pidFile !== undefined) await writePidFile(options.pidFile, monitor.identity.pid);
    monitor.commit();
    lock.release();
    return monitor;
  });
};

const pathsOf = ({ tag, exports }: Share): { tag: string; path: string }[] =>
  exports.map(({ path }) => ({ tag, path }));

const checkFile = async (what: string, path: string): Promise<void> => {
  try {
    await access(path);
  } catch (error) {
    throw new RunxError(`${what} ${path}: ${messageOf(error)}`);
  }
};
