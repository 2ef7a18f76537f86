import type { Context } from '../context.ts';
import { findDomain } from '../domain/record.ts';
import { messageOf } from '../errors.ts';
import type { State } from '../oci/state.ts';
import { listContainers } from './directory.ts';
import { type ContainerRecord, findRecord } from './record.ts';
import { stateOf } from './state.ts';

/** A container in the output of `runx list`. */
export interface Listed {
  readonly state: State;
  /** The memory target of the domain; undefined if the container has no domain. */
  readonly memoryMiB?: number | undefined;
}

/** Lists all containers; warns of containers whose record cannot be read and leaves them out. */
export const listAll = async (context: Context): Promise<readonly Listed[]> => {
  const { root, log } = context;
  const listed: Listed[] = [];
  for (const id of await listContainers(root)) {
    try {
      const record = await findRecord(root, id);
      if (record === undefined) continue;
      const state = await stateOf(context, record);
      listed.push({ state, memoryMiB: await memoryOf(root, record, state) });
    } catch (error) {
      log.warn(messageOf(error));
    }
  }
  return listed;
};

const memoryOf = async (
  root: string,
  { creating, domain }: ContainerRecord,
  { status }: State,
): Promise<number | undefined> =>
  creating || status === 'stopped' || domain === undefined
    ? undefined
    : (await findDomain(root, domain).catch(() => undefined))?.size.memoryMiB;
