import { realpath } from 'node:fs/promises';

import { RunxError, messageOf } from '../errors.ts';
import { type Layer, type Rootfs, planLayer, planNinep } from './rootfs.ts';
import { imageDirectory, provideImage } from './image-cache.ts';
import { type Content, type Overlay, identifyContent } from './identity.ts';
import { makeLayer } from './layer.ts';
import { findProgram } from '../process.ts';
import type { Disk } from '../xen/domain-config.ts';
import { type XenInfo, parseXenInfo } from '../xen/info.ts';
import { findQemu, qemuLack, xenLack } from '../xen/qemu.ts';
import { findXl, xl } from '../xen/xl.ts';
import type { DomainWishes } from '../container/annotations.ts';
import { findBlockDevice } from './block.ts';
import type { Context } from '../container/context.ts';
import { type MountInfo, loadMounts, mountAt, mountsBelow, unescapePath } from '../host/mounts.ts';
import { makeReadonly } from './readonly-mounts.ts';

interface Choice {
  readonly path: string;
  readonly wish: DomainWishes['rootfs'];
  /** Path of diod, if it is there. */
  readonly diod: string | undefined;
  readonly isReadonly: boolean;
}

const findXenInfo = async ({ config, log }: Context): Promise<XenInfo | undefined> => {
  try {
    return parseXenInfo((await xl(await findXl(config.xl, log), ['info'])).stdout);
  } catch (error) {
    log.debug(`Xen's version is not known: ${messageOf(error)}`);
    return undefined;
  }
};

const findQemuLack = async (context: Context): Promise<string | undefined> =>
  qemuLack(await findQemu(context.log), await findXenInfo(context));

/** Refuses 9p where neither diod nor any QEMU can serve it. */
const checkNinep = async (context: Context, { path, diod }: Choice): Promise<void> => {
  if (diod !== undefined) return;
  // Who asks for it may have a QEMU where only xl looks.
  const lack = xenLack(await findXenInfo(context));
  if (lack === undefined) return;
  throw new RunxError(
    `rootfs ${path}: it is to go by 9p, and there is no ${context.config.diod}, and ${lack}: install diod, or let rootfs be "auto"`,
  );
};

/** Decides how a rootfs directory reaches the guest, and says why at debug. */
export const chooseRootfs = async (context: Context, choice: Choice): Promise<Rootfs> => {
  const { config, log } = context;
  const { path, diod } = choice;
  const asked = choice.wish ?? config.rootfs;
  const layer = (): Layer =>
    planLayer(config.writable_layer, config.writable_layer_mib, choice.isReadonly);
  if (asked === 'disk') return { kind: 'disk', path, layer: layer() };
  if (asked === '9p') {
    await checkNinep(context, choice);
    return planNinep(path, diod);
  }
  const block = await findBlockDevice(path);
  if ('device' in block && (asked === 'block' || block.device.readonly)) {
    const { device } = block;
    log.debug(`rootfs ${path}: the block device ${device.path}, which is mounted there`);
    return { kind: 'block', path, device, layer: layer() };
  }
  const noBlock = 'lack' in block ? block.lack : `${block.device.path} is mounted writable`;
  if (asked === 'block') throw new RunxError(`rootfs ${path}: no block device: ${noBlock}`);
  log.debug(`rootfs ${path}: no block device, because ${noBlock}`);
  if (diod !== undefined) {
    log.debug(`rootfs ${path}: by 9p from ${diod}`);
    return planNinep(path, diod);
  }
  const lack = await findQemuLack(context);
  if (lack === undefined) {
    log.debug(`rootfs ${path}: by 9p from QEMU, because there is no ${config.diod}`);
    return planNinep(path, diod);
  }
  const why = `no ${config.diod}, and ${lack}`;
  if ((await findProgram(config.mkfs_erofs)) === undefined) {
    throw new RunxError(
      `rootfs ${path}: there is ${why}, and no ${config.mkfs_erofs}: install diod, or erofs-utils`,
    );
  }
  log.debug(`rootfs ${path}: on a disk, because there is ${why}`);
  return { kind: 'disk', path, layer: layer() };
};

/** Refuses a monitor that cannot be named as what connects disks. */
export const checkDiskScript = (monitor: string): void => {
  // xl.cfg(5) has no way to write a comma in a disk's script.
  if (!monitor.includes(',')) return;
  throw new RunxError(`monitor = "${monitor}": with a disk, it must not hold a comma`);
};

/** Refuses directories as volumes where nothing can serve them to a domain. */
export const checkVolumes = async (context: Context, directories: number): Promise<void> => {
  if (directories === 0) return;
  const lack = await findQemuLack(context);
  if (lack === undefined) return;
  throw new RunxError(
    `config.json: mounts: a directory of the host goes to the domain by 9p, and there is no ${context.config.diod}, and ${lack}: install diod`,
  );
};

// Colons and commas of a path, which part others, have a backslash.
const unescapeOption = (path: string): string => path.replaceAll(/\\(.)/g, '$1');

/** The overlay mount at `directory`, if there is one; undefined too if it cannot be read. */
export const findOverlay = (
  mounts: readonly MountInfo[],
  directory: string,
): Overlay | undefined => {
  const mount = mountAt(mounts, directory);
  if (mount?.type !== 'overlay') return undefined;
  const valuesOf = (name: string): readonly string[] =>
    mount.superOptions
      .filter((option) => option.startsWith(`${name}=`))
      .map((option) => unescapePath(option.slice(name.length + 1)));
  // In one option, or, since Linux 6.5, in one for each.
  const joined = valuesOf('lowerdir').flatMap((value) => value.split(/(?<!\\):/));
  const lower = [...joined, ...valuesOf('lowerdir+')].map(unescapeOption);
  // A list that was cut short, or has layers of data alone.
  if (lower.length === 0 || lower.includes('') || valuesOf('datadir+').length > 0) return undefined;
  const [upper] = valuesOf('upperdir').map(unescapeOption);
  return { lower, upper };
};

const findContent = async (rootfs: string): Promise<Content> => {
  const real = await realpath(rootfs);
  const mounts = await loadMounts();
  const below = mountsBelow(mounts, real).map(({ mountPoint }) => mountPoint);
  return { rootfs: real, overlay: findOverlay(mounts, real), below };
};

const identify = (content: Content): string => {
  try {
    return identifyContent(content);
  } catch (error) {
    // A file that went away meanwhile, say.
    throw new RunxError(`rootfs ${content.rootfs}: ${messageOf(error)}`);
  }
};

/** The file with an image of the rootfs, made unless there is one. */
const makeImage = async (
  { config, log }: Context,
  rootfs: string,
  stateDirectory: string,
): Promise<string> => {
  const cache = {
    directory: imageDirectory(config.data_root),
    limitMiB: config.images_mib,
    monitor: config.monitor,
    mkfs: config.mkfs_erofs,
    log,
  };
  const content = await findContent(rootfs);
  return provideImage(cache, { rootfs, stateDirectory, identify: () => identify(content) });
};

/** The disks that a rootfs is on, if it is on any: what is only read, and a file for the writable layer. */
export const makeDisks = async (
  context: Context,
  rootfs: Rootfs | undefined,
  stateDirectory: string,
): Promise<readonly Disk[]> => {
  if (rootfs === undefined || rootfs.kind === '9p') return [];
  const { config, log } = context;
  const { path, layer } = rootfs;
  if (rootfs.kind === 'block') await makeReadonly(context, rootfs.device, stateDirectory);
  const file =
    rootfs.kind === 'block' ? rootfs.device.path : await makeImage(context, path, stateDirectory);
  const disks: Disk[] = [{ device: 'xvda', file, readonly: true }];
  if (layer.kind === 'disk') {
    const layerFile = await makeLayer(config.data_root, stateDirectory, layer.mib, log);
    disks.push({ device: 'xvdb', file: layerFile, readonly: false });
  }
  return disks;
};
