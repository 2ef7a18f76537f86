import { readFileSync } from 'node:fs';

import type { Context } from '../context.ts';
import { provideBootFiles } from '../domain/boot.ts';
import { createDomain } from '../domain/create.ts';
import { type DomainRecord, domainDirectory } from '../domain/record.ts';
import { endPhase } from '../log.ts';
import { makeDisks } from '../rootfs/disk.ts';
import { removeLayer } from '../rootfs/layer.ts';
import { makeWritableAgain } from '../rootfs/readonly-mounts.ts';
import { firstSlot } from '../protocol/contract.ts';
import { type Xl, xlDestroy } from '../xen/xl.ts';
import { containerDirectory } from './directory.ts';
import type { NewContainer } from './new-container.ts';
import type { ContainerPlan } from './plan.ts';
import type { Undo } from './undo.ts';

/** Makes the record of a domain for one container; does not save it. */
export const planDomainRecord = ({ id }: NewContainer, plan: ContainerPlan): DomainRecord => {
  // The kernel's: node:crypto takes 3 ms to load.
  const uuid = readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim();
  const { type, memoryMiB, maxMemoryMiB, vcpus, maxVcpus } = plan.config;
  return {
    version: 1,
    name: `${id.slice(0, 40)}-${uuid.slice(0, 8)}`,
    uuid,
    type,
    size: { memoryMiB, maxMemoryMiB, vcpus, maxVcpus, forDevicesMiB: plan.forDevicesMiB },
    boot: plan.boot.kind,
    owner: { kind: 'container', id },
    slots: { [firstSlot]: id },
  };
};

/** Everything that is needed to make a domain. */
export interface DomainRequest {
  readonly container: NewContainer;
  readonly plan: ContainerPlan;
  readonly record: DomainRecord;
  readonly xl: Xl;
}

/** Makes the disks and boot files of a domain, then creates it. */
export const makeDomain = async (
  context: Context,
  { container, plan, record, xl }: DomainRequest,
  undo: Undo,
): Promise<void> => {
  const { config, root } = context;
  const { id, bundle } = container;
  const { name, uuid } = record;
  const directory = containerDirectory(root, id);
  undo(`making the rootfs of ${id} writable again`, async () => {
    await makeWritableAgain(context, directory);
  });
  undo(`removing the writable layer of ${id}`, () => removeLayer(config, directory));
  // The disks are made after the hooks, which may change the rootfs.
  const disks = [...(await makeDisks(context, plan.rootfs, directory)), ...plan.volumes];
  endPhase(context.log, 'hooks, networks and disks');
  const { boot, ramdisk } = plan;
  const files = await provideBootFiles(
    { boot, ramdisk, rootfs: bundle.rootfs, config },
    domainDirectory(root, name),
  );
  undo(`destroying the domain ${name}`, () => xlDestroy(xl, name));
  await createDomain(xl, {
    root,
    record,
    config: { ...plan.config, ...files, name, uuid, disks },
  });
  endPhase(context.log, 'creating the domain');
};
