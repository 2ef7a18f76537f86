import { RunxError, ToolError, sentences } from '../errors.ts';
import { endMonitor } from '../monitor/container-monitor.ts';
import { domainExists, findXl, unpauseDomain } from '../xen/xl.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { runPoststartHooks } from './hooks.ts';
import { connectDomain } from './networks.ts';
import { withLock } from './lock.ts';
import { statusOf } from './status.ts';
import {
  type ContainerRecord,
  hasMark,
  loadRecord,
  loadSavedSpec,
  saveRecord,
  setMark,
} from './record.ts';

/** Starts the process of a created container. */
export const startContainer = async (context: Context, idText: string): Promise<void> => {
  const { root } = context;
  const id = parseContainerId(idText);
  // An unknown id has no lock to take.
  await loadRecord(root, id);
  const record = await withLock(context, id, () => unpause(context, id));
  const spec = await loadSavedSpec(root, id);
  try {
    if (spec !== undefined) await runPoststartHooks(context, spec.hooks, record);
  } catch (error) {
    await endContainer(record);
    throw error;
  }
};

const monitorEndsMs = 10_000;

// docker calls nothing after a failed start: the container must be over by then.
const endContainer = ({ monitor }: ContainerRecord): Promise<void> =>
  endMonitor(monitor, { patienceMs: 0, killedMs: monitorEndsMs });

/** The second mark comes last, so that a start that was cut short can be repeated. */
const unpause = async (context: Context, id: string): Promise<ContainerRecord> => {
  const { config, log, root } = context;
  const record = await loadRecord(root, id);
  const status = await statusOf(root, record);
  if (status === 'running' && (await hasMark(root, id, 'unpaused'))) {
    throw new RunxError(sentences.alreadyRunning);
  }
  if (status === 'stopped') throw new RunxError(sentences.stoppedStart);
  if (status === 'paused') throw new RunxError(sentences.pausedStart);
  if (status === 'creating') throw new RunxError(`container ${id} is still being created`);
  const { domid, name } = record.domain ?? {};
  await setMark(root, id, 'started');
  if (domid === undefined || name === undefined) {
    await setMark(root, id, 'unpaused');
    return record;
  }
  const xl = await findXl(config.xl, log);
  try {
    const interfaces = await connectDomain(context, xl, record, { name, domid });
    await saveRecord(root, { ...record, interfaces });
    await unpauseDomain(xl, name);
  } catch (error) {
    // Killed since the look at its status.
    const gone = error instanceof ToolError && !(await domainExists(xl, name));
    await endContainer(record);
    throw gone ? new RunxError(sentences.stoppedStart) : error;
  }
  await setMark(root, id, 'unpaused');
  return record;
};
