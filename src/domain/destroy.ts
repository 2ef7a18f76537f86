import type { Context } from '../context.ts';
import { endProcessesWith } from '../host/command-lines.ts';
import { destroyDomain as xlDestroy, domainExists, findXl } from '../xen/xl.ts';
import { type DomainRecord, configFile } from './record.ts';

const toolEndsMs = 30_000;

/** Waits for the xl that a killed `create` has left: it may still make the domain. */
const waitForCreation = (root: string, name: string): Promise<void> =>
  endProcessesWith(configFile(root, name), toolEndsMs);

/** Destroys the domain, if it is there or being made. */
export const destroyDomain = async (
  { config, log, root }: Context,
  { name, domid }: Pick<DomainRecord, 'name' | 'domid'>,
): Promise<void> => {
  if (domid === undefined) await waitForCreation(root, name);
  const xl = await findXl(config.xl, log);
  if (await domainExists(xl, name)) await xlDestroy(xl, name);
};
