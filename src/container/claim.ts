import { mkdir } from 'node:fs/promises';

import { RunxError, hasCode, messageOf, sentences } from '../errors.ts';
import {
  type ProcessIdentity,
  findIdentity,
  monitorIsAlive,
  signalMonitor,
  waitForMonitor,
} from '../monitor/container-monitor.ts';
import type { Context } from './context.ts';
import { isCreated } from './status.ts';
import { type Lock, lockContainer } from './lock.ts';
import { containerDirectory, findRecord, readMark, removeContainer, setMark } from './record.ts';

/** A container's directory, and the lock on it while the container is being created. */
export interface Claim {
  readonly directory: string;
  readonly lock: Lock;
}

/** Takes the id: only one caller can, and an id in use is left untouched. */
export const claimContainer = async (context: Context, id: string): Promise<Claim> => {
  const { root } = context;
  const directory = containerDirectory(root, id);
  try {
    const { ensureDir } = (await import('fs-extra')).default;
    await ensureDir(root, { mode: 0o700 });
  } catch (error) {
    throw new RunxError(`state directory ${root}: ${messageOf(error)}`);
  }
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new RunxError(sentences.exists);
    throw new RunxError(`state directory ${directory}: ${messageOf(error)}`);
  }
  const lock = await lockContainer(context, id).catch(async (error: unknown) => {
    await removeContainer(root, id);
    throw error;
  });
  if (lock === undefined) throw new RunxError(`container ${id} was deleted meanwhile`);
  const self = await findIdentity(process.pid);
  // It may have been deleted, and made again by another runx, before the lock.
  if (await setMark(root, id, 'creator', `${self?.pid} ${self?.startTime}`))
    return { directory, lock };
  lock.release();
  throw new RunxError(sentences.exists);
};

const findCreator = async (root: string, id: string): Promise<ProcessIdentity | undefined> => {
  const [, pid, startTime] =
    /^(\d+) (\d+)$/.exec((await readMark(root, id, 'creator')) ?? '') ?? [];
  return startTime === undefined ? undefined : { pid: Number(pid), startTime };
};

/** Whether the runx that creates the container has died over it. */
export const creatorIsDead = async (root: string, id: string): Promise<boolean> => {
  const creator = await findCreator(root, id);
  return creator !== undefined && !(await monitorIsAlive(creator));
};

const creatorEndsMs = 10_000;

/** Ends the runx that is creating the container, if one is. */
export const endCreation = async (root: string, id: string): Promise<void> => {
  // Whoever has made the domain is done, and may be in the foreground of it.
  const record = await findRecord(root, id).catch(() => undefined);
  if (record !== undefined && isCreated(record)) return;
  const creator = await findCreator(root, id);
  if (creator === undefined || !(await signalMonitor(creator, 'SIGKILL'))) return;
  await waitForMonitor(creator, creatorEndsMs);
};
