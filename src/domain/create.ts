import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { type DomainConfig, renderDomainConfig } from '../xen/domain-config.ts';
import { type Xl, domainId, xlCreate } from '../xen/xl.ts';
import { type DomainRecord, configFile, saveDomain } from './record.ts';

/** A domain that has a record but does not exist yet. */
export interface NewDomain {
  readonly root: string;
  readonly record: DomainRecord;
  readonly config: DomainConfig;
}

/** Creates the domain, paused, and saves its domid; returns the updated record. */
export const createDomain = async (
  xl: Xl,
  { root, record, config }: NewDomain,
): Promise<DomainRecord & { readonly domid: number }> => {
  const file = configFile(root, record.name);
  await writeFile(file, renderDomainConfig(config), { mode: 0o600 });
  await xlCreate(xl, file);
  const created = { ...record, domid: await domainId(xl, record.name) };
  await saveDomain(root, created);
  // Xen has copies of the boot files now.  The domain's own are emptied to free their memory, and
  // because the ramdisk holds the environment of the container.
  for (const path of [config.kernel, config.ramdisk]) {
    if (path !== undefined && dirname(path) === dirname(file)) await writeFile(path, '');
  }
  return created;
};
