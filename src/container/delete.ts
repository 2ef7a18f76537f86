import type { Context } from '../context.ts';
import { destroyDomain } from '../domain/destroy.ts';
import { findDomain, listDomains, removeDomain } from '../domain/record.ts';
import { RunxError, messageOf, sentences } from '../errors.ts';
import { removeCgroup } from '../host/cgroup.ts';
import { endProcessesWith } from '../host/command-lines.ts';
import { endProcess } from '../host/process-identity.ts';
import { detachNetworks } from '../network/cni.ts';
import type { Hooks, Spec } from '../oci/spec.ts';
import { removeLayer } from '../rootfs/layer.ts';
import { makeWritableAgain } from '../rootfs/readonly-mounts.ts';
import { creatorIsDead, endCreation } from './claim.ts';
import { containerDirectory, containerExists, removeContainer } from './directory.ts';
import { runPoststopHooks } from './hooks.ts';
import { parseContainerId } from './id.ts';
import { lockContainer } from './lock.ts';
import { hasMark, setMark } from './marks.ts';
import { type ContainerRecord, findRecord, findSpec } from './record.ts';
import { phaseOf, refusalOf } from './status.ts';

const monitorEndsMs = 30_000;

/**
 * Removes a container and whatever is left of it, then runs its poststop hooks.  A container that
 * runs is refused unless `force`; a created one goes, as with runc, on which engines rely although
 * the specification calls it an error.
 */
export const deleteContainer = async (
  context: Context,
  idText: string,
  force: boolean,
): Promise<void> => {
  const { root } = context;
  const id = parseContainerId(idText);
  // Before the lock: a create that is under way holds it, perhaps for long.
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
    await endDomains(context, id, record);
    const directory = containerDirectory(root, id);
    const { config, log } = context;
    await detachNetworks({ config, log, directory }, { force });
    await removeLayer(config, directory);
    await makeWritableAgain(context, directory);
    const spec = await findReadableSpec(context, id);
    if (await needsHooks(root, id, record)) hooks = spec?.hooks;
    if (spec?.linux.cgroupsPath) await removeCgroup(spec.linux.cgroupsPath, log);
    await removeContainer(root, id);
  } finally {
    lock.release();
  }
  if (record !== undefined && hooks !== undefined) await runPoststopHooks(context, hooks, record);
};

/**
 * The record of a container that may be deleted; undefined for one whose creation was cut short
 * before it had a record.  Anything else is an error.
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
  const phase = record === undefined ? 'creating' : await phaseOf(root, record);
  const refusal = refusalOf('delete', id, phase);
  if (refusal !== undefined) throw new RunxError(refusal);
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

/** The configuration that was kept, if there is one that can be read. */
const findReadableSpec = async ({ log, root }: Context, id: string): Promise<Spec | undefined> => {
  try {
    return await findSpec(root, id);
  } catch (error) {
    log.warn(`${messageOf(error)}; no poststop hook of ${id} is run`);
    return undefined;
  }
};

/** Makes sure that neither the container's domain nor its monitor is left, nor the domain's record. */
const endDomains = async (
  context: Context,
  id: string,
  record: ContainerRecord | undefined,
): Promise<void> => {
  const { root } = context;
  if (record === undefined) {
    await endProcessesWith(`--state=${containerDirectory(root, id)}`, 0);
  }
  for (const name of await domainsOf(context, id, record)) {
    const domain = await findDomain(root, name).catch(() => undefined);
    // The monitor tells by this mark why its domain is gone.
    if (domain?.domid !== undefined) await setMark(root, id, 'killed-by', '9');
    await destroyDomain(context, domain ?? { name });
    if (record !== undefined) {
      await endProcess(record.monitor, { patienceMs: monitorEndsMs, killedMs: monitorEndsMs });
    }
    await removeDomain(root, name);
  }
  // The holder of a sandbox has no domain whose end it would wait for.
  if (record !== undefined) {
    await endProcess(record.monitor, { patienceMs: 0, killedMs: monitorEndsMs });
  }
};

/** The names of the domains that end with the container. */
const domainsOf = async (
  { root }: Context,
  id: string,
  record: ContainerRecord | undefined,
): Promise<readonly string[]> => {
  if (record !== undefined) return record.domain === undefined ? [] : [record.domain];
  const names = await listDomains(root);
  const owned = await Promise.all(
    names.map(async (name) => {
      const domain = await findDomain(root, name).catch(() => undefined);
      if (domain !== undefined) return domain.owner.kind === 'container' && domain.owner.id === id;
      // A record that cannot be read: the name begins with the id of the container that made it.
      return name.replace(/-[0-9a-f]{8}$/, '') === id.slice(0, 40);
    }),
  );
  return names.filter((_, index) => owned[index]);
};

/** Whether the container has come as far as to have run hooks, or to need some. */
const needsHooks = async (
  root: string,
  id: string,
  record: ContainerRecord | undefined,
): Promise<boolean> => (record !== undefined && !record.creating) || hasMark(root, id, 'hooked');
