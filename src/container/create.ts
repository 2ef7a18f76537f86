import { resolve } from 'node:path';

import type { Context } from '../context.ts';
import { hasOwnGuest } from '../domain/boot-kind.ts';
import { type DomainRecord, removeDomain, saveDomain, saveNewDomain } from '../domain/record.ts';
import { enterCgroup, removeCgroup } from '../host/cgroup.ts';
import { endProcess } from '../host/process-identity.ts';
import { openRunxMonitor } from '../host/runx-monitor.ts';
import { endPhase } from '../log.ts';
import { type ContainerMonitor, startContainerMonitor } from '../monitor/container-monitor.ts';
import type { MonitorProcess } from '../monitor/control.ts';
import { attachNetworks, detachNetworks } from '../network/cni.ts';
import { loadBundle } from '../oci/bundle.ts';
import { firstSlot } from '../protocol/contract.ts';
import { type Xl, findXl } from '../xen/xl.ts';
import { parseAnnotations } from './annotations.ts';
import { withCallerLimits } from './caller-limits.ts';
import { claimContainer } from './claim.ts';
import { removeContainer } from './directory.ts';
import { hasCreateHooks, runCreateHooks, runPoststopHooks } from './hooks.ts';
import { parseContainerId } from './id.ts';
import { withoutNetconf } from './netconf-env.ts';
import { makeDomain, planDomainRecord } from './new-domain.ts';
import { type NetworkPlan, connectDomain, planNetworks } from './networks.ts';
import type { NewContainer } from './new-container.ts';
import { writePidFile } from './pid-file.ts';
import { type ContainerPlan, planContainer } from './plan.ts';
import { type ContainerRecord, newRecord, saveRecord, saveSpec } from './record.ts';
import { isSandbox } from './pod.ts';
import { createSandbox } from './sandbox.ts';
import { checkOwnGuest, checkSupported, warnOfCapabilities } from './supported.ts';
import { checkTerminal } from './terminal.ts';
import { type Undo, withUndo } from './undo.ts';

/** The options of `runx create` and `runx run` that matter for creating a container. */
export interface CreateOptions {
  readonly id: string;
  readonly bundle: string;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  /** Whether the monitor keeps the output and the terminal (--keep-output). */
  readonly keepOutput: boolean;
  /** Whether runx waits for the container, which uses the terminal of runx. */
  readonly foreground: boolean;
}

/** A container to create, with everything that is known before the first step. */
interface Request extends NewContainer {
  readonly options: CreateOptions;
  readonly network: NetworkPlan;
  readonly plan: ContainerPlan;
  readonly xl: Xl;
}

/** Creates a container (runtime-spec, runtime.md, "Lifecycle", steps 1 to 5). */
export const createContainer = async (
  context: Context,
  options: CreateOptions,
): Promise<MonitorProcess> => {
  const { config, log, root } = context;
  const id = parseContainerId(options.id);
  const bundle = await loadBundle(options.bundle);
  const { spec } = bundle;
  const configured = checkSupported(spec);
  const process = await withCallerLimits(withoutNetconf(configured));
  const annotations = parseAnnotations(spec.annotations, config.annotations);
  const network = await planNetworks(context, bundle, configured, annotations.netconf);
  if (isSandbox(spec.annotations)) {
    return createSandbox(context, { id, bundle, pidFile: options.pidFile, netns: network.netns });
  }
  checkTerminal(process, { ...options, detach: !options.foreground });
  warnOfCapabilities(process, log);
  const container = { id, bundle, process, annotations, networkCount: network.networks.length };
  const plan = await planContainer(context, container);
  if (hasOwnGuest(plan.boot.kind)) checkOwnGuest(spec);
  const xl = await findXl(config.xl, log);
  const request: Request = { ...container, options, network, plan, xl };
  endPhase(log, 'reading the bundle');

  return withUndo(log, async (undo) => {
    // Registered first, so undone last: the poststop hooks run if other hooks have run.
    const hooked: { record?: ContainerRecord } = {};
    undo(`running the poststop hooks of ${id}`, async () => {
      if (hooked.record) await runPoststopHooks(context, spec.hooks, hooked.record);
    });
    // 1. Claim the id.
    const { directory, lock } = await claimContainer(context, id);
    undo(`removing ${directory}`, () => removeContainer(root, id));
    await saveSpec(root, id, bundle.json);
    // 2. Start the monitor, which stands for the container on the host.
    const monitor = await startMonitor(context, request, directory, undo);
    // 3. Save the records of the container and its domain, from which `delete` knows both.
    const domain = planDomainRecord(container, plan);
    const record = recordOf(request, monitor, domain);
    await saveRecord(root, record);
    undo(`removing the record of the domain ${domain.name}`, () => removeDomain(root, domain.name));
    await saveNewDomain(root, domain);
    monitor.nameDomain(domain.name);
    // 4. Run the hooks of `create`.
    if (hasCreateHooks(spec.hooks)) hooked.record = record;
    await runCreateHooks(context, spec.hooks, record);
    // 5. Attach the container to its networks.
    const settings = await joinNetworks(context, request, { directory, monitor, undo });
    // 6. Create the domain, let the monitor offer its devices, and connect it.
    await makeDomain(context, { container, plan, record: domain, xl }, undo);
    const joined = { ...record, network: settings };
    const connected = await serveDomain(context, { xl, monitor, domain, record: joined });
    // 7. Commit: from here on the container outlives this runx.
    await saveRecord(root, { ...joined, ...connected, creating: false });
    if (options.pidFile !== undefined) await writePidFile(options.pidFile, monitor.identity.pid);
    monitor.commit();
    lock.release();
    return monitor;
  });
};

const monitorEndsMs = 30_000;

const startMonitor = async (
  context: Context,
  { id, bundle, process, options, network, plan, xl }: Request,
  directory: string,
  undo: Undo,
): Promise<ContainerMonitor> => {
  const { log } = context;
  const { cgroupsPath } = bundle.spec.linux;
  if (cgroupsPath) undo(`removing the cgroup of ${id}`, () => removeCgroup(cgroupsPath, log));
  const { consoleSocket, keepOutput } = options;
  const monitor = await startContainerMonitor(openRunxMonitor(context), {
    stateDirectory: directory,
    id,
    slot: firstSlot,
    xlPath: xl.path,
    terminal: process.terminal,
    consoleSize: process.consoleSize,
    consoleSocket: consoleSocket === undefined ? undefined : resolve(consoleSocket),
    ownGuest: hasOwnGuest(plan.boot.kind),
    keepOutput,
    served: plan.served,
    disks: plan.volumes.map(({ file }) => file),
    network: network.netns,
  });
  undo(`ending the monitor of ${id}`, async () => {
    monitor.release();
    await endProcess(monitor.identity, { patienceMs: 0, killedMs: monitorEndsMs });
  });
  // Must come before the monitor starts other processes, because these inherit its cgroup.
  if (cgroupsPath) await enterCgroup(cgroupsPath, monitor.identity.pid, log);
  endPhase(log, 'starting the monitor');
  return monitor;
};

/** A domain that has just been created, and what serves it. */
interface Served {
  readonly xl: Xl;
  readonly monitor: ContainerMonitor;
  readonly domain: DomainRecord;
  readonly record: ContainerRecord;
}

/** Has the monitor find the domain and offer its devices, and connects it to its networks. */
const serveDomain = async (
  context: Context,
  { xl, monitor, domain, record }: Served,
): Promise<Partial<ContainerRecord> | undefined> => {
  const domid = await monitor.offerDevices();
  await saveDomain(context.root, { ...domain, domid });
  const connected = await connectDomain(context, {
    xl: () => Promise.resolve(xl),
    record,
    domain: { name: domain.name, domid },
  });
  if (connected !== undefined) monitor.applyNetwork();
  endPhase(context.log, 'offering devices and interfaces');
  return connected;
};

const recordOf = (
  { id, bundle }: Request,
  { identity }: MonitorProcess,
  { name }: DomainRecord,
): ContainerRecord => ({
  ...newRecord(id, bundle, identity),
  creating: true,
  domain: name,
  slot: firstSlot,
});

/** Attaches the container to the networks of NETCONF; returns undefined if there are none. */
const joinNetworks = async (
  { config, log }: Context,
  { id, network }: Request,
  { directory, monitor, undo }: { directory: string; monitor: MonitorProcess; undo: Undo },
): Promise<ContainerRecord['network']> => {
  if (network.networks.length === 0) return undefined;
  const change = { config, log, directory };
  undo(`removing the networks of ${id}`, () => detachNetworks(change, { force: true }));
  return attachNetworks(change, monitor.identity.pid, network.networks);
};
