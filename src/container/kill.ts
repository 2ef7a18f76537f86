import { constants } from 'node:os';

import type { Context } from '../context.ts';
import { hasOwnGuest } from '../domain/boot.ts';
import { RunxError, sentences } from '../errors.ts';
import { sendSignal } from '../host/process-identity.ts';
import { openRunxMonitor, signalGuest } from '../host/runx-monitor.ts';
import { endsByDefault } from '../oci/signals.ts';
import { findXl, xlDestroy } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import { setMark } from './marks.ts';
import { loadDomainOf, loadRecord, placementOf } from './record.ts';
import { phaseOf, refusalOf } from './status.ts';

/** The options of `runx kill`. */
export interface KillOptions {
  readonly signal: number;
  /** Sends the signal to all processes of the container, and ignores a stopped container. */
  readonly all: boolean;
}

/**
 * Sends a signal to the container's process.  SIGKILL destroys the domain.  In a created container,
 * which has no process yet, every signal that terminates a process by default destroys the domain.
 * A paused container gets other signals when it is resumed.  The container's own guest is asked to
 * power off instead.
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
    // It is not an error if the holder has ended meanwhile.
    await sendSignal(record.monitor, signal);
    return;
  }
  // KILL needs nothing but the name, so a damaged domain.json does not keep it from its work.
  const domain =
    signal === constants.signals.SIGKILL || phase === 'created'
      ? undefined
      : await loadDomainOf(root, record);
  if (domain?.domid !== undefined) {
    const { domid, boot } = domain;
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
    await xlDestroy(await findXl(config.xl, log), record.domain);
  }
};
