import { RunxError, sentences } from '../errors.ts';
import { findXl, pauseDomain, unpauseDomain } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { withLock } from './lock.ts';
import { statusOf } from './status.ts';
import { domainOf, loadRecord, removeMark, setMark } from './record.ts';

/**
 * Stops the domain's virtual CPUs.  The mark comes first, so that after a pause that
 * was cut short, resume undoes whatever was done.
 */
export const pauseContainer = async (context: Context, idText: string): Promise<void> => {
  const { config, log, root } = context;
  const record = await loadRecord(root, parseContainerId(idText));
  const { id } = record;
  const domain = domainOf(record);
  const xl = await findXl(config.xl, log);
  await withLock(context, id, async () => {
    if ((await statusOf(root, record)) !== 'running') throw new RunxError(sentences.notRunning);
    await setMark(root, id, 'paused');
    try {
      await pauseDomain(xl, domain.name);
    } catch (error) {
      await removeMark(root, id, 'paused');
      if ((await statusOf(root, record)) === 'stopped') throw new RunxError(sentences.notRunning);
      throw error;
    }
  });
};

/** Lets a paused domain run on. */
export const resumeContainer = async (context: Context, idText: string): Promise<void> => {
  const { config, log, root } = context;
  const record = await loadRecord(root, parseContainerId(idText));
  const { id } = record;
  const domain = domainOf(record);
  const xl = await findXl(config.xl, log);
  await withLock(context, id, async () => {
    if ((await statusOf(root, record)) !== 'paused') throw new RunxError(sentences.notPaused);
    await unpauseDomain(xl, domain.name);
    await removeMark(root, id, 'paused');
  });
};
