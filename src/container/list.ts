import { messageOf } from '../errors.ts';
import type { State } from '../oci/state.ts';
import type { Context } from './context.ts';
import { stateOf } from './state.ts';
import { isCreated } from './status.ts';
import { findRecord, listContainers } from './record.ts';
import { renderTable } from '../cli/table.ts';

/** A container in the list. */
export interface Listed {
  readonly state: State;
  /** What its domain has; missing where there is none (any more). */
  readonly memoryMiB?: number | undefined;
}

/** All containers; one that cannot be read is warned of and left out. */
export const listAll = async (context: Context): Promise<readonly Listed[]> => {
  const { root, log } = context;
  const listed: Listed[] = [];
  for (const id of await listContainers(root)) {
    try {
      const record = await findRecord(root, id);
      if (record === undefined) continue;
      const state = await stateOf(context, record);
      const hasDomain = isCreated(record) && state.status !== 'stopped';
      listed.push({ state, memoryMiB: hasDomain ? record.domain?.memoryMiB : undefined });
    } catch (error) {
      log.warn(messageOf(error));
    }
  }
  return listed;
};

const addressesOf = ({ network = [] }: State): string =>
  network
    .flatMap(({ addresses }) => addresses.map((address) => address.replace(/\/.*/, '')))
    .join(',');

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** How long ago a time was, in the greatest unit of which it is at least one. */
export const renderAge = (created: string, nowMs: number): string => {
  // A clock can be set back.
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(created)) / 1000));
  const [unit, length] = units.find(([, least]) => seconds >= least) ?? ['s', 1];
  return `${Math.floor(seconds / length)}${unit}`;
};

/** Containers as a table: runc's columns, then age, and the domain's memory and addresses. */
export const renderList = (listed: readonly Listed[], nowMs: number): string =>
  renderTable([
    ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER', 'AGE', 'MEMORY', 'ADDRESS'],
    ...listed.map(({ state, memoryMiB }) => [
      state.id,
      String(state.pid),
      state.status,
      state.bundle,
      state.created,
      state.owner,
      renderAge(state.created, nowMs),
      memoryMiB === undefined ? '' : `${memoryMiB} MiB`,
      addressesOf(state),
    ]),
  ]);
