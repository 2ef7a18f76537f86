import type { Context } from '../context.ts';
import { destroyDomain } from '../domain/destroy.ts';
import { findDomain, listDomains, removeDomain } from '../domain/record.ts';
import { RunxError, messageOf, sentences } from '../errors.ts';
import { removeCgroup } from '../host/cgroup.ts';
import { endProcessesWith } from '../host/command-lines.ts';
import { endProcess } from '../host/process-identity.ts';
import { endPhase } from '../log.ts';
import { tellMonitor } from '../monitor/control-fifo.ts';
import { detachNetworks } from '../network/cni.ts';
import type { Hooks, Spec } from '../oci/spec.ts';
import { removeLayer } from '../rootfs/layer.ts';
import { makeWritableAgain } from '../rootfs/readonly-mounts.ts';
import { creatorIsDead, endCreation } from './claim.ts';
import { containerDirectory, containerExists, removeContainer } from './directory.ts';
import { runPoststopHooks } from './hooks.ts';
import { parseContainerId } from './id.ts';
import { lockContainer } from './lock.ts';
import { hasMark } from './marks.ts';
import { type ContainerRecord, findRecord, findSpec } from './record.ts';
import { phaseOf, refusalOf } from './status.ts';

const monitorEndsMs = 30_000;

/**
 * Deletes a container and everything left of it, then runs its poststop hooks.  Throws RunxError
 * for a running container unless `force` is set.  A created container is deleted, as by runc: the
 * specification calls this an error, but engines rely on it.
 */
export const deleteContainer = async (
  context: Context,
  idText: string,
  force: boolean,
): Promise<void> => {
  const { root } = context;
  const id = parseContainerId(idText);
  // Must come before the lock, which a running `create` can hold for a long time.
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
    endPhase(context.log, 'ending the domain');
    const directory = containerDirectory(root, id);
    const { config, log } = context;
    await detachNetworks({ config, log, directory }, { force });
    await removeLayer(config, directory);
    await makeWritableAgain(context, directory);
    const spec = needsSpec(record) ? await findReadableSpec(context, id) : undefined;
    if (await needsHooks(root, id, record)) hooks = spec?.hooks;
    const cgroup = record === undefined ? spec?.linux.cgroupsPath : record.cgroup;
    if (cgroup) await removeCgroup(cgroup, log);
    await removeContainer(root, id);
  } finally {
    lock.release();
  }
  if (record !== undefined && hooks !== undefined) await runPoststopHooks(context, hooks, record);
};

/**
 * Reads the record of a container that may be deleted.  Returns undefined if `create` died before
 * it saved a record.  Throws RunxError if the container does not exist or may not be deleted.
 */
const findDeletable = async (root: string, id: string): Promise<ContainerRecord | undefined> => {
  if (!(await containerExists(root, id))) throw new RunxError(sentences.doesNotExist);
  let record: ContainerRecord | undefined;
  try {
    record = await findRecord(root, id);
  } catch (error) {
    throw new RunxError(
      `${messageOf(error)}; to remove the container anyway, run: runx delete --force ${id}`,
    );
  }
  if (record === undefined && (await creatorIsDead(root, id))) return undefined;
  const phase = record === undefined ? 'creating' : await phaseOf(root, record);
  const refusal = refusalOf('delete', id, phase);
  if (refusal !== undefined) throw new RunxError(refusal);
  return record;
};

/** Reads the record; warns and returns undefined if the record cannot be read. */
const findReadable = async (
  { log, root }: Context,
  id: string,
): Promise<ContainerRecord | undefined> => {
  try {
    return await findRecord(root, id);
  } catch (error) {
    log.warn(`${messageOf(error)}; the poststop hooks of ${id} are not run`);
    return undefined;
  }
};

/** Reads the kept config.json; warns and returns undefined if it cannot be read. */
const findReadableSpec = async ({ log, root }: Context, id: string): Promise<Spec | undefined> => {
  try {
    return await findSpec(root, id);
  } catch (error) {
    log.warn(`${messageOf(error)}; the poststop hooks of ${id} are not run`);
    return undefined;
  }
};

/** Destroys the container's domain, ends its monitor and removes the record of the domain. */
const endDomains = async (
  context: Context,
  id: string,
  record: ContainerRecord | undefined,
): Promise<void> => {
  const { root } = context;
  if (record === undefined) {
    await endProcessesWith(`--state=${containerDirectory(root, id)}`, 0);
  } else {
    await endMonitor(containerDirectory(root, id), record);
  }
  for (const name of await domainsOf(context, id, record)) {
    if (!(await hasMark(root, id, 'destroyed'))) {
      const domain = await findDomain(root, name).catch(() => undefined);
      await destroyDomain(context, domain ?? { name });
    }
    await removeDomain(root, name);
  }
};

/** Ends the monitor, which destroys its domain, or the holder of a sandbox. */
const endMonitor = async (
  directory: string,
  { monitor, creating, domain }: ContainerRecord,
): Promise<void> => {
  // The monitor of a container that is being created ends when runx create ends.
  const told = creating || (domain !== undefined && tellMonitor(directory, 'destroy 9'));
  await endProcess(monitor, { patienceMs: told ? monitorEndsMs : 0, killedMs: monitorEndsMs });
};

/** The names of the domains that the container owns. */
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
      // If the record cannot be read, the name tells: it begins with the id of the container.
      return name.replace(/-[0-9a-f]{8}$/, '') === id.slice(0, 40);
    }),
  );
  return names.filter((_, index) => owned[index]);
};

/** Whether config.json says what the record does not say; to parse it takes a moment. */
const needsSpec = (record: ContainerRecord | undefined): boolean =>
  record === undefined || record.hooks.includes('poststop');

/** Whether the poststop hooks must run: `create` succeeded or has begun to run hooks. */
const needsHooks = async (
  root: string,
  id: string,
  record: ContainerRecord | undefined,
): Promise<boolean> => (record !== undefined && !record.creating) || hasMark(root, id, 'hooked');
