import { access } from 'node:fs/promises';
import { basename } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { listAttachments } from '../network/attachments.ts';
import { detachNetworks } from '../network/cni.ts';
import type { Context } from './context.ts';

const isThere = async (directory: string): Promise<boolean> => {
  try {
    await access(directory);
    return true;
  } catch (error) {
    // Anything else says nothing about the container.
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
};

/** Removes the networks of containers whose state is gone, under any --root, and tells of each. */
export const collectGarbage = async (
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
