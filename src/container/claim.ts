import { mkdirSync } from 'node:fs';

import type { Context } from '../context.ts';
import { RunxError, hasCode, messageOf, sentences } from '../errors.ts';
import {
  type ProcessIdentity,
  findIdentity,
  isAlive,
  parseIdentity,
  renderIdentity,
  sendSignal,
  waitForEnd,
} from '../host/process-identity.ts';
import { containerDirectory, removeContainer } from './directory.ts';
import { type Lock, isLockedByOther, lockContainer } from './lock.ts';
import { makeSpare, readMark, setMark } from './marks.ts';
import { findRecord } from './record.ts';

/** The state directory of a new container, and the lock that `create` holds on it. */
export interface Claim {
  readonly directory: string;
  readonly lock: Lock;
}

/** Makes the state directory of a container; throws RunxError if the id is in use. */
export const claimContainer = async (context: Context, id: string): Promise<Claim> => {
  const { root } = context;
  const directory = containerDirectory(root, id);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new RunxError(`state directory ${root}: ${messageOf(error)}`);
  }
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new RunxError(sentences.exists);
    throw new RunxError(`state directory ${directory}: ${messageOf(error)}`);
  }
  const lock = await lockContainer(context, id).catch(async (error: unknown) => {
    await removeContainer(root, id);
    throw error;
  });
  if (lock === undefined) throw new RunxError(`container ${id} was deleted meanwhile`);
  // Another runx may have deleted and recreated the container before the lock was taken.
  if (await markCreator(root, id)) return { directory, lock };
  lock.release();
  throw new RunxError(sentences.exists);
};

/** Says who creates the container; false if somebody has said so. */
const markCreator = async (root: string, id: string): Promise<boolean> => {
  const self = await findIdentity(process.pid);
  try {
    if (!(await setMark(root, id, 'creator', self === undefined ? '' : renderIdentity(self))))
      return false;
    await makeSpare(root, id);
    return true;
  } catch (error) {
    await removeContainer(root, id);
    throw error;
  }
};

const findCreator = async (root: string, id: string): Promise<ProcessIdentity | undefined> =>
  parseIdentity(await readMark(root, id, 'creator'));

/** Whether the runx that was creating the container has ended. */
export const creatorIsDead = async (root: string, id: string): Promise<boolean> => {
  const creator = await findCreator(root, id);
  if (creator !== undefined) return !(await isAlive(creator));
  // It was killed before it could say who it is; until then it has the lock.
  return !(await isLockedByOther(containerDirectory(root, id)));
};

const creatorEndsMs = 10_000;

/** Kills the runx that is creating the container, if there is one. */
export const endCreation = async (root: string, id: string): Promise<void> => {
  const record = await findRecord(root, id).catch(() => undefined);
  // After `create`, the same runx may be running the container in the foreground.
  if (record !== undefined && !record.creating) return;
  const creator = await findCreator(root, id);
  if (creator === undefined || !(await sendSignal(creator, 'SIGKILL'))) return;
  await waitForEnd(creator, creatorEndsMs);
};
