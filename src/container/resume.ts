import type { Context } from '../context.ts';
import { findXl, unpauseDomain } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import { withLock } from './lock.ts';
import { removeMark } from './marks.ts';
import { loadRecord, placementOf } from './record.ts';
import { checkAllowed } from './status.ts';

/** Unpauses the domain of a paused container. */
export const resumeContainer = async (context: Context, idText: string): Promise<void> => {
  const { config, log, root } = context;
  const record = await loadRecord(root, parseContainerId(idText));
  const { id } = record;
  const { name } = placementOf(record);
  const xl = await findXl(config.xl, log);
  await withLock(context, id, async () => {
    await checkAllowed('resume', root, record);
    await unpauseDomain(xl, name);
    await removeMark(root, id, 'paused');
  });
};
