import { basename } from 'node:path';

import type { Context } from '../context.ts';
import { RunxError, messageOf } from '../errors.ts';
import { isThere } from '../host/files.ts';
import { attachmentsOf } from '../network/attachments.ts';
import { detachNetworks } from '../network/cni.ts';
import { evictImages, openImageCache, removeDrafts } from '../rootfs/image-cache.ts';
import { removeLostLayers } from '../rootfs/layer.ts';
import { makeLostWritableAgain } from '../rootfs/readonly-mounts.ts';
import { finishRemovals } from './directory.ts';

/**
 * Removes what is left of containers whose state directory is gone, under any --root.  Calls
 * `onRemoved` with a sentence about each removed thing.
 */
export const collectGarbage = async (
  context: Context,
  onRemoved: (what: string) => Promise<void>,
): Promise<void> => {
  for (const directory of await finishRemovals(context.root)) {
    await onRemoved(`removed ${directory}`);
  }
  for (const directory of await removeLostLayers(context)) {
    await onRemoved(`removed the writable layer of ${basename(directory)}`);
  }
  for (const mountPoint of await makeLostWritableAgain(context)) {
    await onRemoved(`made ${mountPoint} writable again`);
  }
  const cache = openImageCache(context);
  for (const file of [...(await removeDrafts(cache)), ...(await evictImages(cache))]) {
    await onRemoved(`removed ${file}`);
  }
  await collectNetworks(context, onRemoved);
};

const collectNetworks = async (
  { config, log }: Context,
  onRemoved: (what: string) => Promise<void>,
): Promise<void> => {
  let failed = 0;
  const all = await attachmentsOf(config).list((why) => {
    log.warn(why);
    failed += 1;
  });
  for (const { directory, attachments } of all) {
    try {
      if (await isThere(directory)) continue;
      await detachNetworks({ config, log, directory });
      const networks = attachments.map(({ network }) => network).join(', ');
      await onRemoved(`removed ${basename(directory)} from ${networks}`);
    } catch (error) {
      log.warn(`${directory}: ${messageOf(error)}`);
      failed += 1;
    }
  }
  if (failed === 0) return;
  const whose = failed === 1 ? '1 container' : `${failed} containers`;
  throw new RunxError(`cannot remove the networks of ${whose}: the warnings above say why`);
};
