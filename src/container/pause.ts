import type { Context } from '../context.ts';
import { RunxError, sentences } from '../errors.ts';
import { findXl, pauseDomain } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import { withLock } from './lock.ts';
import { removeMark, setMark } from './marks.ts';
import { loadRecord, placementOf } from './record.ts';
import { checkAllowed, phaseOf } from './status.ts';

/** Pauses the domain of a running container. */
export const pauseContainer = async (context: Context, idText: string): Promise<void> => {
  const { config, log, root } = context;
  const record = await loadRecord(root, parseContainerId(idText));
  const { id } = record;
  const { name } = placementOf(record);
  const xl = await findXl(config.xl, log);
  await withLock(context, id, async () => {
    await checkAllowed('pause', root, record);
    // The mark comes first, so that resume can undo a pause that was interrupted.
    await setMark(root, id, 'paused');
    try {
      await pauseDomain(xl, name);
    } catch (error) {
      await removeMark(root, id, 'paused');
      if ((await phaseOf(root, record)) === 'stopped') throw new RunxError(sentences.notRunning);
      throw error;
    }
  });
};
