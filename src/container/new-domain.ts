import { randomUUID } from 'node:crypto';

import type { Context } from '../context.ts';
import { provideBootFiles } from '../domain/boot.ts';
import { createDomain } from '../domain/create.ts';
import { type DomainRecord, domainDirectory } from '../domain/record.ts';
import { makeDisks } from '../rootfs/disk.ts';
import { removeLayer } from '../rootfs/layer.ts';
import { makeWritableAgain } from '../rootfs/readonly-mounts.ts';
import { firstSlot } from '../protocol/contract.ts';
import { type Xl, destroyDomain } from '../xen/xl.ts';
import { containerDirectory } from './directory.ts';
import type { NewContainer } from './new-container.ts';
import type { ContainerPlan } from './plan.ts';
import type { Undo } from './undo.ts';

/** The record of the domain of a container that is alone in it; nothing is made yet. */
export const planDomainRecord = ({ id }: NewContainer, plan: ContainerPlan): DomainRecord => {
  const uuid = randomUUID();
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

/** What a domain is made of, and with. */
export interface DomainRequest {
  readonly container: NewContainer;
  readonly plan: ContainerPlan;
  readonly record: DomainRecord;
  readonly xl: Xl;
}

/** Makes the disks and the files that the domain boots, then the domain itself, paused; its domid comes back. */
export const makeDomain = async (
  context: Context,
  { container, plan, record, xl }: DomainRequest,
  undo: Undo,
): Promise<number> => {
  const { config, root } = context;
  const { id, bundle } = container;
  const { name, uuid } = record;
  const directory = containerDirectory(root, id);
  undo(`making the rootfs of ${id} writable again`, async () => {
    await makeWritableAgain(context, directory);
  });
  undo(`removing the writable layer of ${id}`, () => removeLayer(config, directory));
  // Hooks may have changed the rootfs, so its disks are made only now.
  const disks = [...(await makeDisks(context, plan.rootfs, directory)), ...plan.volumes];
  const { boot, ramdisk } = plan;
  const files = await provideBootFiles(
    { boot, ramdisk, rootfs: bundle.rootfs, config },
    domainDirectory(root, name),
  );
  undo(`destroying the domain ${name}`, () => destroyDomain(xl, name));
  const created = await createDomain(xl, {
    root,
    record,
    config: { ...plan.config, ...files, name, uuid, disks },
  });
  return created.domid;
};
