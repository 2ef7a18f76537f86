import type { Listed } from '../container/list.ts';
import type { State } from '../oci/state.ts';
import { renderTable } from './table.ts';

const addressesOf = ({ network = [] }: State): string =>
  network
    .flatMap(({ addresses }) => addresses.map((address) => address.replace(/\/.*/, '')))
    .join(',');

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** Renders an age in the largest unit that gives at least 1, such as 3m. */
export const renderAge = (created: string, nowMs: number): string => {
  // The difference is negative if the clock was set back.
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(created)) / 1000));
  const [unit, length] = units.find(([, least]) => seconds >= least) ?? ['s', 1];
  return `${Math.floor(seconds / length)}${unit}`;
};

/** Renders containers as a table: the columns of runc, then age, memory and addresses. */
export const renderContainers = (listed: readonly Listed[], nowMs: number): string =>
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
