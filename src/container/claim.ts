import { mkdir } from 'node:fs/promises';

import type { Context } from '../context.ts';
import { RunxError, hasCode, messageOf, sentences } from '../errors.ts';
import {
  type ProcessIdentity,
  findIdentity,
  isAlive,
  sendSignal,
  waitForEnd,
} from '../host/process-identity.ts';
import { containerDirectory, removeContainer } from './directory.ts';
import { type Lock, lockContainer } from './lock.ts';
import { readMark, setMark } from './marks.ts';
import { findRecord } from './record.ts';

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
    await mkdir(root, { recursive: true, mode: 0o700 });
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

/** Whether the runx that was creating the container has died. */
export const creatorIsDead = async (root: string, id: string): Promise<boolean> => {
  const creator = await findCreator(root, id);
  return creator !== undefined && !(await isAlive(creator));
};

const creatorEndsMs = 10_000;

/** Ends the runx that is creating the container, if one is. */
export const endCreation = async (root: string, id: string): Promise<void> => {
  const record = await findRecord(root, id).catch(() => undefined);
  // A runx that has created it may be waiting for its end in the foreground.
  if (record !== undefined && !record.creating) return;
  const creator = await findCreator(root, id);
  if (creator === undefined || !(await sendSignal(creator, 'SIGKILL'))) return;
  await waitForEnd(creator, creatorEndsMs);
};
