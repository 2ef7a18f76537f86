import { constants } from 'node:os';

import type { Context } from '../context.ts';
import { hasOwnGuest } from '../domain/boot.ts';
import { RunxError, sentences } from '../errors.ts';
import { sendSignal } from '../host/process-identity.ts';
import { openRunxMonitor, signalGuest } from '../host/runx-monitor.ts';
import { endsByDefault } from '../oci/signals.ts';
import { destroyDomain, findXl } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import { setMark } from './marks.ts';
import { loadDomainOf, loadRecord, placementOf } from './record.ts';
import { phaseOf, refusalOf } from './status.ts';

/** Which signal, and to whom. */
export interface KillOptions {
  readonly signal: number;
  /** To every process of the container; a container without a process is no error then. */
  readonly all: boolean;
}

/**
 * Sends a signal to the container's process.  KILL destroys the domain; so does any signal that
 * would end a process, while there is none yet.  A paused container gets any other signal once it
 * is resumed.  A guest of the container's own is asked to power off instead.
 */
export const killContainer = async (
  context: Context,
  idText: string,
  { signal, all }: KillOptions,
): Promise<void> => {
  const { config, log, root } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  const phase = await phaseOf(root, record);
  const refusal = refusalOf('kill', id, phase);
  if (refusal !== undefined) {
    if (all) return;
    throw new RunxError(refusal);
  }
  if (record.domain === undefined) {
    // A holder that has ended is like a process that ignores the signal.
    await sendSignal(record.monitor, signal);
    return;
  }
  const { name, domid, boot } = await loadDomainOf(root, record);
  if (domid !== undefined && signal !== constants.signals.SIGKILL && phase !== 'created') {
    const { slot } = placementOf(record);
    const sent = await signalGuest(openRunxMonitor(context), {
      domid,
      slot,
      number: signal,
      all,
      ownGuest: hasOwnGuest(boot),
    });
    if (!sent && !all) throw new RunxError(sentences.notRunning);
  } else if (endsByDefault(signal)) {
    await setMark(root, id, 'killed-by', String(signal));
    await destroyDomain(await findXl(config.xl, log), name);
  }
};
