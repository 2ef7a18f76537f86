import type { Context } from '../context.ts';
import { RunxError, messageOf } from '../errors.ts';
import { type XenInfo, parseXenInfo } from '../xen/info.ts';
import { findQemu, qemuLack, xenLack } from '../xen/qemu.ts';
import { findXl, xl } from '../xen/xl.ts';

const findXenInfo = async ({ config, log }: Context): Promise<XenInfo | undefined> => {
  try {
    return parseXenInfo((await xl(await findXl(config.xl, log), ['info'])).stdout);
  } catch (error) {
    log.debug(`Xen's version is not known: ${messageOf(error)}`);
    return undefined;
  }
};

/** Why QEMU cannot serve 9P to domains of this host; undefined when it can. */
export const findQemuLack = async (context: Context): Promise<string | undefined> =>
  qemuLack(await findQemu(context.log), await findXenInfo(context));

/** Refuses 9P for a rootfs where diod is missing and this Xen takes no QEMU in its place. */
export const checkNinep = async (context: Context, path: string): Promise<void> => {
  // Whoever asks for 9P may have a QEMU where only xl looks.
  const lack = xenLack(await findXenInfo(context));
  if (lack === undefined) return;
  throw new RunxError(
    `rootfs ${path}: cannot go by 9p: ${context.config.diod} was not found, and ${lack}; install diod, or set rootfs to "auto"`,
  );
};

/** Refuses directories as volumes where nothing can serve them to a domain. */
export const checkVolumeShares = async (context: Context, directories: number): Promise<void> => {
  if (directories === 0) return;
  const lack = await findQemuLack(context);
  if (lack === undefined) return;
  throw new RunxError(
    `config.json: mounts: a directory of the host goes to the domain by 9p: ${context.config.diod} was not found, and ${lack}; install diod`,
  );
};
