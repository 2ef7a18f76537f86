import type { Context } from '../context.ts';
import { endProcessesWith } from '../host/command-lines.ts';
import { findXl, xlDestroy } from '../xen/xl.ts';
import { type DomainRecord, configFile } from './record.ts';

const toolEndsMs = 30_000;

/** Waits for the xl that a killed `create` left running, because it may still create the domain. */
const waitForCreation = (root: string, name: string): Promise<void> =>
  endProcessesWith(configFile(root, name), toolEndsMs);

/** Destroys the domain if it exists or is being created. */
export const destroyDomain = async (
  { config, log, root }: Context,
  { name, domid }: Pick<DomainRecord, 'name' | 'domid'>,
): Promise<void> => {
  if (domid === undefined) await waitForCreation(root, name);
  await xlDestroy(await findXl(config.xl, log), name);
};
