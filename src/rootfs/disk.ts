import { promises as fs } from 'node:fs';

import type { Context } from '../context.ts';
import { RunxError, messageOf } from '../errors.ts';
import { loadMounts, mountsBelow } from '../host/mounts.ts';
import type { Disk } from '../xen/domain-config.ts';
import { type Content, identifyContent } from './identity.ts';
import { openImageCache, provideImage } from './image-cache.ts';
import { makeLayer } from './layer.ts';
import { findOverlay } from './overlay.ts';
import { makeReadonly } from './readonly-mounts.ts';
import type { Rootfs } from './rootfs.ts';

/** Throws RunxError if the path of the monitor cannot be part of a disk specification. */
export const checkDiskScript = (monitor: string): void => {
  // xl-disk-configuration(5) cannot escape a comma in "script".
  if (!monitor.includes(',')) return;
  throw new RunxError(
    `monitor = "${monitor}" in runx.toml: the path must not contain a comma if a domain has a disk`,
  );
};

const findContent = async (rootfs: string): Promise<Content> => {
  const real = await fs.realpath(rootfs);
  const mounts = await loadMounts();
  const below = mountsBelow(mounts, real).map(({ mountPoint }) => mountPoint);
  return { rootfs: real, overlay: findOverlay(mounts, real), below };
};

const identify = (content: Content): string => {
  try {
    return identifyContent(content);
  } catch (error) {
    // A file can disappear during the scan.
    throw new RunxError(`rootfs ${content.rootfs}: ${messageOf(error)}`);
  }
};

/** Makes the image and the writable layer of a rootfs; returns no disks for a rootfs by 9P. */
export const makeDisks = async (
  context: Context,
  rootfs: Rootfs | undefined,
  stateDirectory: string,
): Promise<readonly Disk[]> => {
  if (rootfs === undefined || rootfs.kind === '9p') return [];
  const { path, layer } = rootfs;
  const disks: Disk[] = [
    { device: 'xvda', file: await lowerFile(context, rootfs, stateDirectory), readonly: true },
  ];
  if (layer.kind === 'disk') {
    const file = await makeLayer(context, stateDirectory, layer.mib);
    disks.push({ device: 'xvdb', file, readonly: false });
  }
  context.log.debug(`rootfs ${path}: disks ${disks.map(({ file }) => file).join(' and ')}`);
  return disks;
};

/** The file or block device with the read-only part of a rootfs. */
const lowerFile = async (
  context: Context,
  rootfs: Exclude<Rootfs, { readonly kind: '9p' }>,
  stateDirectory: string,
): Promise<string> => {
  if (rootfs.kind === 'block') {
    await makeReadonly(context, rootfs.device, stateDirectory);
    return rootfs.device.path;
  }
  const content = await findContent(rootfs.path);
  return provideImage(openImageCache(context), {
    rootfs: rootfs.path,
    stateDirectory,
    identify: () => identify(content),
  });
};
