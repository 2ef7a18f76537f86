import { basename } from 'node:path';

import { RunxError, messageOf } from '../errors.ts';
import { isThere } from '../host/files.ts';
import { evictImages, imageDirectory, removeDrafts } from '../rootfs/image-cache.ts';
import { removeLostLayers } from '../rootfs/layer.ts';
import { listAttachments } from '../network/attachments.ts';
import { detachNetworks } from '../network/cni.ts';
import type { Context } from './context.ts';
import { giveBackLost } from '../rootfs/readonly-mounts.ts';

/** Removes what is left of containers whose state is gone, under any --root, and tells of each thing. */
export const collectGarbage = async (
  context: Context,
  onRemoved: (what: string) => Promise<void>,
): Promise<void> => {
  await collectFiles(context, onRemoved);
  await collectNetworks(context, onRemoved);
};

const collectFiles = async (
  { config, log }: Context,
  onRemoved: (what: string) => Promise<void>,
): Promise<void> => {
  for (const directory of await removeLostLayers(config.data_root)) {
    await onRemoved(`removed the writable layer of ${basename(directory)}`);
  }
  for (const mountPoint of await giveBackLost({ config, log })) {
    await onRemoved(`made ${mountPoint} writable again`);
  }
  const cache = {
    directory: imageDirectory(config.data_root),
    limitMiB: config.images_mib,
    monitor: config.monitor,
    log,
  };
  for (const file of [...(await removeDrafts(cache)), ...(await evictImages(cache))]) {
    await onRemoved(`removed ${file}`);
  }
};

const collectNetworks = async (
  { config, log }: Context,
  onRemoved: (what: string) => Promise<void>,
): Promise<void> => {
  let failed = 0;
  const all = await listAttachments(config.data_root, (why) => {
    log.warn(why);
    failed += 1;
  });
  for (const { directory, attachments } of all) {
    if (await isThere(directory)) continue;
    try {
      await detachNetworks({ config, log, directory });
      const networks = attachments.map(({ network }) => network).join(', ');
      await onRemoved(`removed ${basename(directory)} from ${networks}`);
    } catch (error) {
      log.warn(`${directory}: ${messageOf(error)}`);
      failed += 1;
    }
  }
  if (failed > 0) throw new RunxError(`of ${failed} containers the networks are still there`);
};
