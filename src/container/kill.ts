import { constants } from 'node:os';

import { RunxError, sentences } from '../errors.ts';
import { signalGuest } from '../host/runx-monitor.ts';
import { signalMonitor } from '../monitor/container-monitor.ts';
import { endsByDefault } from '../oci/signals.ts';
import { destroyDomain, findXl } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { isCreated, statusOf } from './status.ts';
import { loadRecord, setMark } from './record.ts';

/**
 * Sends a signal to the container's process.  KILL destroys the domain; so does any
 * signal that would end a process, while there is none yet.  A paused container gets
 * any other once it is resumed.  A guest of the container's own is asked to power off
 * instead.  With `all` every process of the container gets it, of
 * which a stopped one has none.
 */
export const killContainer = async (
  context: Context,
  idText: string,
  signal: number,
  all: boolean,
): Promise<void> => {
  const { config, log, root } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  const status = await statusOf(root, record);
  if (status === 'stopped' || !isCreated(record)) {
    if (all) return;
    throw new RunxError(sentences.notRunning);
  }
  const { domain, monitor } = record;
  if (domain === undefined) {
    // One that takes no notice is like a process that ignores the signal.
    await signalMonitor(monitor, signal);
    return;
  }
  const { domid, name, ownGuest } = domain;
  if (domid !== undefined && signal !== constants.signals.SIGKILL && status !== 'created') {
    const sent = await signalGuest(config.monitor, domid, signal, { all, ownGuest }, log);
    if (!sent && !all) throw new RunxError(sentences.notRunning);
  } else if (endsByDefault(signal)) {
    await setMark(root, id, 'killed-by', String(signal));
    await destroyDomain(await findXl(config.xl, log), name);
  }
};
