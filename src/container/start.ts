import { RunxError, ToolError, sentences } from '../errors.ts';
import { signalMonitor, waitForMonitor } from '../monitor/monitor.ts';
import { domainExists, findXl, unpauseDomain } from '../xen/xl.ts';
import { parseContainerId } from './container-id.ts';
import type { Context } from './context.ts';
import { runPoststartHooks } from './hooks.ts';
import { statusOf } from './status.ts';
import { loadRecord, loadSavedSpec, setMark } from './store.ts';

/** Starts the process of a created container. */
export const startContainer = async (context: Context, idText: string): Promise<void> => {
  const { config, log, root } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  const status = await statusOf(root, record);
  if (status === 'stopped') throw new RunxError(sentences.stoppedStart);
  if (status === 'paused') throw new RunxError(sentences.pausedStart);
  if (status === 'creating') throw new RunxError(`container ${id} is still being created`);
  const spec = await loadSavedSpec(root, id);
  const xl = await findXl(config.xl, log);
  const { name } = record.domain;
  if (!(await setMark(root, id, 'started'))) throw new RunxError(sentences.alreadyRunning);
  try {
    await unpauseDomain(xl, name);
    if (spec !== undefined) await runPoststartHooks(context, spec.hooks, record);
  } catch (error) {
    // Killed or deleted since the look at its status.
    const gone = error instanceof ToolError && !(await domainExists(xl, name));
    // docker calls nothing after a failed start: the container must be over by now.
    await signalMonitor(record.monitor, 'SIGKILL');
    await waitForMonitor(record.monitor, 10_000);
    throw gone ? new RunxError(sentences.stoppedStart) : error;
  }
};
