import type { State } from '../oci/state.ts';
import type { Context } from './context.ts';
import { renderState, statusOf } from './status.ts';
import type { ContainerRecord } from './record.ts';

// A running container's, with the addresses that its domain has by DHCP.
const withLeases = async (
  { config, log }: Context,
  record: ContainerRecord,
): Promise<ContainerRecord> => {
  const { interfaces = [], network, domain } = record;
  const domid = domain?.domid;
  if (domid === undefined || network === undefined || network.dhcp.length === 0) return record;
  // Most have none, and state is asked for often.
  const { leasedAddress } = await import('../host/runx-monitor.ts');
  const known = await Promise.all(
    interfaces.map(async (one) => {
      if (!network.dhcp.includes(one.name)) return one;
      const leased = await leasedAddress(config.monitor, domid, one.name, log);
      return leased === undefined ? one : { ...one, addresses: [leased, ...one.addresses] };
    }),
  );
  return { ...record, interfaces: known };
};

/** The container's state, as of now. */
export const stateOf = async (context: Context, record: ContainerRecord): Promise<State> => {
  const status = await statusOf(context.root, record);
  return renderState(status === 'running' ? await withLeases(context, record) : record, status);
};
