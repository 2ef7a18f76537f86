import { RunxError, sentences } from '../errors.ts';
import { signalMonitor, waitForMonitor } from '../monitor/monitor.ts';
import { destroyDomain, domainExists, findXl } from '../xen/xl.ts';
import { parseContainerId } from './container-id.ts';
import type { Context } from './context.ts';
import { statusOf } from './status.ts';
import {
  type ContainerRecord,
  containerExists,
  findRecord,
  removeContainer,
  setMark,
} from './store.ts';

const monitorEndsMs = 30_000;

/**
 * Removes a container and whatever is left of it.  One that runs is refused unless
 * `force`; a created one goes, as with runc, on which engines rely although the
 * specification calls it an error.
 */
export const deleteContainer = async (
  context: Context,
  idText: string,
  force: boolean,
): Promise<void> => {
  const { root } = context;
  const id = parseContainerId(idText);
  if (!(await containerExists(root, id))) {
    if (force) return;
    throw new RunxError(sentences.doesNotExist);
  }
  const record = await findRecord(root, id);
  if (record === undefined && !force) throw new RunxError(sentences.notStopped(id, 'creating'));
  if (record !== undefined) {
    const status = await statusOf(root, record);
    if (!force && status !== 'stopped' && status !== 'created') {
      throw new RunxError(sentences.notStopped(id, status));
    }
    await endDomain(context, record);
  }
  await removeContainer(root, id);
};

/** Makes sure that neither the domain nor its monitor is left. */
const endDomain = async (context: Context, record: ContainerRecord): Promise<void> => {
  const { config, log, root } = context;
  const xl = await findXl(config.xl, log);
  if (await domainExists(xl, record.domain.name)) {
    await setMark(root, record.id, 'killed-by', '9');
    await destroyDomain(xl, record.domain.name);
  }
  if (await waitForMonitor(record.monitor, monitorEndsMs)) return;
  await signalMonitor(record.monitor, 'SIGKILL');
  await waitForMonitor(record.monitor, monitorEndsMs);
};
