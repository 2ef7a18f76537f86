import type { Context } from '../context.ts';
import { RunxError, sentences } from '../errors.ts';
import { findXl, pauseDomain } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import { withLock } from './lock.ts';
import { removeMark, setMark } from './marks.ts';
import { loadRecord, placementOf } from './record.ts';
import { checkAllowed, phaseOf } from './status.ts';

/** Stops the domain's virtual CPUs. */
export const pauseContainer = async (context: Context, idText: string): Promise<void> => {
  const { config, log, root } = context;
  const record = await loadRecord(root, parseContainerId(idText));
  const { id } = record;
  const { name } = placementOf(record);
  const xl = await findXl(config.xl, log);
  await withLock(context, id, async () => {
    await checkAllowed('pause', root, record);
    // First the mark, so that after a pause that was cut short, resume undoes whatever was done.
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
