import { messageOf } from '../errors.ts';
import type { State } from '../oci/state.ts';
import type { Context } from './context.ts';
import { stateOf } from './state.ts';
import { findRecord, listContainers } from './store.ts';

/** The states of all containers; one that cannot be read is warned of and left out. */
export const listStates = async (context: Context): Promise<readonly State[]> => {
  const { root, log } = context;
  const states: State[] = [];
  for (const id of await listContainers(root)) {
    try {
      const record = await findRecord(root, id);
      if (record !== undefined) states.push(await stateOf(context, record));
    } catch (error) {
      log.warn(messageOf(error));
    }
  }
  return states;
};

const addressesOf = ({ network = [] }: State): string =>
  network
    .flatMap(({ addresses }) => addresses.map((address) => address.replace(/\/.*/, '')))
    .join(',');

/** States as a table, with runc's columns and the domain's addresses. */
export const renderTable = (states: readonly State[]): string => {
  const rows = [
    ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER', 'ADDRESS'],
    ...states.map((state) => [
      state.id,
      String(state.pid),
      state.status,
      state.bundle,
      state.created,
      state.owner,
      addressesOf(state),
    ]),
  ];
  const gap = 4;
  const columns = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd((columns?.[column] ?? 0) + gap))
        .join('')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
};
