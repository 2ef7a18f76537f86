import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Config } from '../config.ts';
import { copyOwnFile, isOwnGuest } from '../domain/boot.ts';
import { removeLayer } from '../rootfs/layer.ts';
import { type Launched, startMonitor } from '../monitor/container-monitor.ts';
import { attachNetworks, detachNetworks } from '../network/cni.ts';
import { loadBundle } from '../oci/bundle.ts';
import { type DomainConfig, renderDomainConfig } from '../xen/domain-config.ts';
import { createDomain, destroyDomain, domainId } from '../xen/xl.ts';
import { parseWishes } from './annotations.ts';
import { type Subject, beginContainer } from './begin.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { planNetworks, withoutNetconf } from './networks.ts';
import { type DomainPlan, planDomain } from './plan.ts';
import { giveBack } from '../rootfs/readonly-mounts.ts';
import { makeDisks } from '../rootfs/choose.ts';
import { createSandbox, isSandbox } from './sandbox.ts';
import { type ContainerRecord, saveRecord } from './record.ts';
import { checkOwnGuest, checkSupported } from './supported.ts';
import { checkTerminal } from './terminal.ts';
import type { Undo } from './undo.ts';

export interface CreateOptions {
  readonly id: string;
  readonly bundle: string;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  /** Its output and its terminal stay with the container. */
  readonly keepOutput: boolean;
  /** runx stays, with the terminal that it was called on. */
  readonly foreground: boolean;
}

/** Creates a container, as the numbered lifecycle of runtime.md up to "created". */
export const createContainer = async (
  context: Context,
  options: CreateOptions,
): Promise<Launched> => {
  const { config, log, root } = context;
  const id = parseContainerId(options.id);
  const bundle = await loadBundle(options.bundle);
  const { annotations } = bundle.spec;
  const configured = checkSupported(bundle.spec);
  const process = withoutNetconf(configured);
  const wishes = parseWishes(annotations, config.annotations);
  const { netns, networks } = await planNetworks(context, bundle, configured, wishes.netconf);
  const subject: Subject = { id, bundle, pidFile: options.pidFile };
  if (isSandbox(annotations)) return createSandbox(context, subject, netns);
  const { consoleSocket, keepOutput } = options;
  checkTerminal(process.terminal, !options.foreground, consoleSocket, keepOutput);
  const plan = await planDomain(context, id, bundle, process, wishes, networks.length);
  const ownGuest = isOwnGuest(plan.own);
  if (ownGuest) checkOwnGuest(bundle.spec);

  const start = (directory: string) =>
    startMonitor({
      program: config.monitor,
      stateDirectory: directory,
      id,
      xlPath: plan.xl.path,
      terminal: process.terminal,
      ownGuest,
      consoleSocket: consoleSocket === undefined ? undefined : resolve(consoleSocket),
      keepOutput,
      served: plan.served,
      disks: plan.volumes.map(({ file }) => file),
      network: netns,
      log,
    });

  return beginContainer(context, subject, start, async (begun) => {
    const { directory, standing: monitor, undo } = begun;
    const uuid = randomUUID();
    const name = `${id.slice(0, 40)}-${uuid.slice(0, 8)}`;
    const { forDevicesMiB, config: planned } = plan;
    const { memoryMiB, maxMemoryMiB, maxVcpus } = planned;
    const domain = { name, uuid, memoryMiB, maxMemoryMiB, maxVcpus, forDevicesMiB, ownGuest };
    const record = { ...begun.record, domain };
    await saveRecord(root, record);
    monitor.name(name);
    await begun.runHooks(record);

    let network: ContainerRecord['network'];
    if (networks.length > 0) {
      const place = { config, log, directory };
      undo(`removing the networks of ${id}`, () => detachNetworks(place, { force: true }));
      network = await attachNetworks(place, monitor.identity.pid, networks);
    }

    // Hooks may have changed the rootfs.
    undo(`giving back the rootfs of ${id}`, async () => void (await giveBack(context, directory)));
    undo(`removing the writable layer of ${id}`, () => removeLayer(config.data_root, directory));
    const disks = [...(await makeDisks(context, plan.rootfs, directory)), ...plan.volumes];
    const files = await provideBootFiles(plan, bundle.rootfs, directory, config.own_kernel);
    const domid = await makeDomain(plan, { name, uuid, disks, ...files }, directory, undo);
    await monitor.attach(domid);
    return { ...record, domain: { ...domain, domid }, network };
  });
};

/** Puts what the domain boots into the state directory, as far as it is the container's. */
const provideBootFiles = async (
  { config, own, ramdisk: content }: DomainPlan,
  rootfs: string,
  directory: string,
  allowed: Config['own_kernel'],
): Promise<Pick<DomainConfig, 'kernel' | 'ramdisk'>> => {
  const kernel = join(directory, 'kernel');
  const ramdisk = join(directory, 'ramdisk');
  if (own.kernel !== undefined) await copyOwnFile(rootfs, own.kernel, kernel, allowed);
  if (content !== undefined) await writeFile(ramdisk, content, { mode: 0o600 });
  else if (typeof own.ramdisk === 'object') {
    await copyOwnFile(rootfs, own.ramdisk, ramdisk, allowed);
  }
  return {
    kernel: own.kernel === undefined ? config.kernel : kernel,
    ramdisk: own.ramdisk === 'none' ? undefined : ramdisk,
  };
};

/** Has xl make the domain, paused; its id comes back. */
const makeDomain = async (
  { xl, config }: DomainPlan,
  domain: Pick<DomainConfig, 'name' | 'uuid' | 'disks' | 'kernel' | 'ramdisk'>,
  directory: string,
  undo: Undo,
): Promise<number> => {
  const text = renderDomainConfig({ ...config, ...domain });
  const configFile = join(directory, 'xl.cfg');
  await writeFile(configFile, text, { mode: 0o600 });
  undo(`destroying the domain ${domain.name}`, () => destroyDomain(xl, domain.name));
  await createDomain(xl, configFile);
  const domid = await domainId(xl, domain.name);
  // The domain has its own copies by now; the ramdisk holds the container's env.
  for (const file of [domain.kernel, domain.ramdisk]) {
    if (file !== undefined && file !== config.kernel) await writeFile(file, '');
  }
  return domid;
};
