import { constants } from 'node:os';

import type { Context } from '../context.ts';
import { RunxError, sentences } from '../errors.ts';
import { sendSignal } from '../host/process-identity.ts';
import { type MonitorLine, tellMonitor } from '../monitor/control-fifo.ts';
import { endsByDefault } from '../oci/signals.ts';
import { containerDirectory } from './directory.ts';
import { parseContainerId } from './id.ts';
import { loadRecord } from './record.ts';
import { phaseOf, refusalOf } from './status.ts';

/** The options of `runx kill`. */
export interface KillOptions {
  readonly signal: number;
  /** Sends the signal to all processes of the container, and ignores a stopped container. */
  readonly all: boolean;
}

/**
 * Has the monitor send a signal to the container's process, and does not wait for it.  SIGKILL
 * destroys the domain, and so does, in a created container, every signal that terminates a process
 * by default, because that container has no process yet.  A paused container gets other signals
 * when it is resumed.  The container's own guest is asked to power off instead.  Signal 0 is sent to
 * nobody.
 */
export const killContainer = async (
  context: Context,
  idText: string,
  { signal, all }: KillOptions,
): Promise<void> => {
  const { root } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  const phase = await phaseOf(root, record);
  const refusal = refusalOf('kill', id, phase);
  if (refusal !== undefined) {
    if (all) return;
    throw new RunxError(refusal);
  }
  // As for kill(2): whether there is somebody who could get one.
  if (signal === 0) return;
  if (record.domain === undefined) {
    // It is not an error if the holder has ended meanwhile.
    await sendSignal(record.monitor, signal);
    return;
  }
  const destroys = signal === constants.signals.SIGKILL || phase === 'created';
  if (destroys && !endsByDefault(signal)) return;
  const line: MonitorLine = destroys ? `destroy ${signal}` : `signal ${all ? 'all ' : ''}${signal}`;
  if (!tellMonitor(containerDirectory(root, id), line) && !all) {
    throw new RunxError(sentences.notRunning);
  }
};
