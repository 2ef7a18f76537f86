import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { RunxError } from '../errors.ts';
import { findProgram } from '../process.ts';
import { findBlockDevice } from './block.ts';
import { checkNinep, findQemuLack } from './ninep.ts';
import { type Layer, type Rootfs, planLayer, planNinep } from './rootfs.ts';

/** Everything that determines how a rootfs reaches its guest. */
export interface RootfsChoice {
  /** Host directory of the rootfs. */
  readonly path: string;
  /** The value of the annotation io.runx.rootfs, or else of `rootfs` in runx.toml. */
  readonly asked: Config['rootfs'];
  /** Path of diod; undefined if diod is not installed. */
  readonly diod: string | undefined;
  readonly isReadonly: boolean;
}

/** Chooses how a rootfs reaches its guest and logs the reason at debug. */
export const chooseRootfs = async (context: Context, choice: RootfsChoice): Promise<Rootfs> => {
  const { config, log } = context;
  const { path, diod, asked, isReadonly } = choice;
  const layer = (): Layer =>
    planLayer(config.writable_layer, config.writable_layer_mib, isReadonly);
  if (asked === 'disk') return { kind: 'disk', path, layer: layer() };
  if (asked === '9p') {
    if (diod === undefined) await checkNinep(context, path);
    return planNinep(path, diod);
  }
  const block = await findBlockDevice(path);
  if ('device' in block && (asked === 'block' || block.device.readonly)) {
    const { device } = block;
    log.debug(`rootfs ${path}: using the block device ${device.path} that is mounted there`);
    return { kind: 'block', path, device, layer: layer() };
  }
  const noBlock = 'lack' in block ? block.lack : `${block.device.path} is mounted writable`;
  if (asked === 'block')
    throw new RunxError(`rootfs ${path}: not a block device: ${noBlock}: set rootfs to "auto"`);
  log.debug(`rootfs ${path}: not using a block device: ${noBlock}`);
  return chooseSharedOrDisk(context, choice, layer());
};

/** Chooses between 9P and an image, for "auto" and a rootfs that is not on a block device. */
const chooseSharedOrDisk = async (
  context: Context,
  { path, diod }: RootfsChoice,
  layer: Layer,
): Promise<Rootfs> => {
  const { config, log } = context;
  if (diod !== undefined) {
    log.debug(`rootfs ${path}: using 9p from ${diod}`);
    return planNinep(path, diod);
  }
  const lack = await findQemuLack(context);
  if (lack === undefined) {
    log.debug(`rootfs ${path}: using 9p from QEMU: ${config.diod} was not found`);
    return planNinep(path, diod);
  }
  const why = `${config.diod} was not found, and ${lack}`;
  if ((await findProgram(config.mkfs_erofs)) === undefined) {
    throw new RunxError(
      `rootfs ${path}: ${why}; ${config.mkfs_erofs} was not found either: install diod or erofs-utils`,
    );
  }
  log.debug(`rootfs ${path}: using a disk: ${why}`);
  return { kind: 'disk', path, layer };
};
