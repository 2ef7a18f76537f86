import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';

import { type DomainConfig, renderDomainConfig } from '../xen/domain-config.ts';
import { type Xl, xlCreate } from '../xen/xl.ts';
import { hasOwnGuest } from './boot-kind.ts';
import { type DomainRecord, configFile } from './record.ts';

/** A domain that has a record but does not exist yet. */
export interface NewDomain {
  readonly root: string;
  readonly record: DomainRecord;
  readonly config: DomainConfig;
}

/**
 * Creates the domain.  It runs at once if it boots the init of runx, which waits for the devices
 * that the monitor offers and for the start of the container; else it is paused.
 */
export const createDomain = async (xl: Xl, { root, record, config }: NewDomain): Promise<void> => {
  const file = configFile(root, record.name);
  await fs.writeFile(file, renderDomainConfig(config), { mode: 0o600 });
  await xlCreate(xl, file, hasOwnGuest(record.boot));
  // Xen has copies of the boot files now.  The domain's own are emptied to free their memory, and
  // because the ramdisk holds the environment of the container.
  for (const path of [config.kernel, config.ramdisk]) {
    if (path !== undefined && dirname(path) === dirname(file)) await fs.writeFile(path, '');
  }
};
