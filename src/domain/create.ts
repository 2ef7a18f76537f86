import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { type DomainConfig, renderDomainConfig } from '../xen/domain-config.ts';
import { type Xl, createDomain as xlCreate, domainId } from '../xen/xl.ts';
import { type DomainRecord, configFile, saveDomain } from './record.ts';

/** A domain that has a record and is to be made. */
export interface NewDomain {
  readonly root: string;
  readonly record: DomainRecord;
  readonly config: DomainConfig;
}

/** Has xl make the domain, paused; its record comes back with the domid. */
export const createDomain = async (
  xl: Xl,
  { root, record, config }: NewDomain,
): Promise<DomainRecord & { readonly domid: number }> => {
  const file = configFile(root, record.name);
  await writeFile(file, renderDomainConfig(config), { mode: 0o600 });
  await xlCreate(xl, file);
  const created = { ...record, domid: await domainId(xl, record.name) };
  await saveDomain(root, created);
  // Xen has copies by now of the files that are the domain's own, and the ramdisk holds the container's env.
  for (const path of [config.kernel, config.ramdisk]) {
    if (path !== undefined && dirname(path) === dirname(file)) await writeFile(path, '');
  }
  return created;
};
