import type { Context } from '../context.ts';
import { RunxError, messageOf } from '../errors.ts';
import { type XenInfo, parseXenInfo } from '../xen/info.ts';
import { findQemu, qemuLack, xenLack } from '../xen/qemu.ts';
import { findXl, xl } from '../xen/xl.ts';

const findXenInfo = async ({ config, log }: Context): Promise<XenInfo | undefined> => {
  try {
    return parseXenInfo((await xl(await findXl(config.xl, log), ['info'])).stdout);
  } catch (error) {
    log.debug(`the Xen version is not known: ${messageOf(error)}`);
    return undefined;
  }
};

/** Why QEMU cannot serve 9P on this host; undefined if it can. */
export const findQemuLack = async (context: Context): Promise<string | undefined> =>
  qemuLack(await findQemu(context.log), await findXenInfo(context));

/** Throws RunxError if this Xen cannot use QEMU in place of diod, which is missing. */
export const checkNinep = async (context: Context, path: string): Promise<void> => {
  // Only the version of Xen counts here: xl may find a QEMU where runx does not look.
  const lack = xenLack(await findXenInfo(context));
  if (lack === undefined) return;
  throw new RunxError(
    `rootfs ${path}: cannot use 9p: ${context.config.diod} was not found, and ${lack}: install diod, or set rootfs to "auto"`,
  );
};

/** Throws RunxError if directories are bind-mounted but neither diod nor QEMU can serve them. */
export const checkVolumeShares = async (context: Context, directories: number): Promise<void> => {
  if (directories === 0) return;
  const lack = await findQemuLack(context);
  if (lack === undefined) return;
  throw new RunxError(
    `config.json: mounts: a directory of the host needs 9p: ${context.config.diod} was not found, and ${lack}: install diod`,
  );
};
