import { RunxError, messageOf, sentences } from '../errors.ts';
import { endMonitor } from '../monitor/container-monitor.ts';
import type { Hooks, Spec } from '../oci/spec.ts';
import { destroyDomain, domainExists, findXl } from '../xen/xl.ts';
import { detachNetworks } from '../network/cni.ts';
import { removeLayer } from '../rootfs/layer.ts';
import { removeCgroup } from '../host/cgroup.ts';
import { creatorIsDead, endCreation } from './claim.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { runPoststopHooks } from './hooks.ts';
import { endTool, endUnrecorded } from './leftovers.ts';
import { lockContainer } from './lock.ts';
import { giveBack } from '../rootfs/readonly-mounts.ts';
import { isCreated, statusOf } from './status.ts';
import {
  type ContainerRecord,
  containerDirectory,
  containerExists,
  findRecord,
  hasMark,
  loadSavedSpec,
  removeContainer,
  setMark,
} from './record.ts';

const monitorEndsMs = 30_000;

/**
 * Removes a container and whatever is left of it, then runs its poststop hooks.  One
 * that runs is refused unless `force`; a created one goes, as with runc, on which
 * engines rely although the specification calls it an error.
 */
export const deleteContainer = async (
  context: Context,
  idText: string,
  force: boolean,
): Promise<void> => {
  const { root } = context;
  const id = parseContainerId(idText);
  // Before the lock: a create that is under way has it, perhaps for long.
  if (force) await endCreation(root, id);
  else await findDeletable(root, id);
  const lock = await lockContainer(context, id);
  if (lock === undefined) {
    if (force) return;
    throw new RunxError(sentences.doesNotExist);
  }
  let record: ContainerRecord | undefined;
  let hooks: Hooks | undefined;
  try {
    record = force ? await findReadable(context, id) : await findDeletable(root, id);
    if (record === undefined) await endUnrecorded(context, id);
    else await endDomain(context, record);
    const directory = containerDirectory(root, id);
    await detachNetworks({ config: context.config, log: context.log, directory }, { force });
    await removeLayer(context.config.data_root, directory);
    await giveBack(context, directory);
    const spec = await findSpec(context, id);
    if (await needsHooks(root, id, record)) hooks = spec?.hooks;
    if (spec?.linux.cgroupsPath) await removeCgroup(spec.linux.cgroupsPath, context.log);
    await removeContainer(root, id);
  } finally {
    lock.release();
  }
  if (record !== undefined && hooks !== undefined) await runPoststopHooks(context, hooks, record);
};

/**
 * The record of a container that may be deleted, undefined for one whose creation was
 * cut short before it had any; anything else is an error.
 */
const findDeletable = async (root: string, id: string): Promise<ContainerRecord | undefined> => {
  if (!(await containerExists(root, id))) throw new RunxError(sentences.doesNotExist);
  let record: ContainerRecord | undefined;
  try {
    record = await findRecord(root, id);
  } catch (error) {
    throw new RunxError(
      `${messageOf(error)}; runx delete --force ${id} removes what is left of the container`,
    );
  }
  if (record === undefined && (await creatorIsDead(root, id))) return undefined;
  const status = record === undefined ? 'creating' : await statusOf(root, record);
  if (status !== 'stopped' && status !== 'created') {
    throw new RunxError(sentences.notStopped(id, status));
  }
  return record;
};

/** The record, if there is one that can be read. */
const findReadable = async (
  { log, root }: Context,
  id: string,
): Promise<ContainerRecord | undefined> => {
  try {
    return await findRecord(root, id);
  } catch (error) {
    log.warn(`${messageOf(error)}; no poststop hook of ${id} is run`);
    return undefined;
  }
};

/** Makes sure that neither the domain nor its monitor is left. */
const endDomain = async (context: Context, record: ContainerRecord): Promise<void> => {
  const { config, log, root } = context;
  const { id, domain, monitor } = record;
  if (domain === undefined) {
    await endMonitor(monitor, { patienceMs: 0, killedMs: monitorEndsMs });
    return;
  }
  if (domain.domid === undefined) await endTool(root, id);
  const xl = await findXl(config.xl, log);
  if (await domainExists(xl, domain.name)) {
    await setMark(root, id, 'killed-by', '9');
    await destroyDomain(xl, domain.name);
  }
  await endMonitor(monitor, { patienceMs: monitorEndsMs, killedMs: monitorEndsMs });
};

/** Whether the container has come as far as to have run hooks, or to need some. */
const needsHooks = async (
  root: string,
  id: string,
  record: ContainerRecord | undefined,
): Promise<boolean> => (record !== undefined && isCreated(record)) || hasMark(root, id, 'hooked');

/** The configuration that was kept, if there is one that can be read. */
const findSpec = async ({ log, root }: Context, id: string): Promise<Spec | undefined> => {
  try {
    return await loadSavedSpec(root, id);
  } catch (error) {
    log.warn(`${messageOf(error)}; no poststop hook of ${id} is run`);
    return undefined;
  }
};
