import type { State } from '../oci/state.ts';
import type { Context } from './context.ts';
import { withLeases } from './networks.ts';
import { renderState, statusOf } from './status.ts';
import type { ContainerRecord } from './store.ts';

/** The container's state, as of now. */
export const stateOf = async (context: Context, record: ContainerRecord): Promise<State> => {
  const status = await statusOf(context.root, record);
  return renderState(status === 'running' ? await withLeases(context, record) : record, status);
};
