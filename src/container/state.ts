import { userInfo } from 'node:os';

import type { Context } from '../context.ts';
import { openRunxMonitor, readLease } from '../host/runx-monitor.ts';
import type { State, Status } from '../oci/state.ts';
import { parseContainerId } from './id.ts';
import { type ContainerRecord, loadDomainOf, loadRecord } from './record.ts';
import { statusOf } from './status.ts';

/** The State object of the runtime specification, in the order of runc's. */
const renderState = (record: ContainerRecord, status: Status): State => ({
  ociVersion: record.ociVersion,
  id: record.id,
  pid: status === 'stopped' ? 0 : record.monitor.pid,
  status,
  bundle: record.bundle,
  rootfs: record.rootfs,
  created: record.created,
  ...(Object.keys(record.annotations).length > 0 ? { annotations: record.annotations } : {}),
  owner: userInfo().username,
  ...(record.interfaces?.length ? { network: record.interfaces } : {}),
});

/** The part of a container's record that hooks get to see. */
export type HookSubject = Pick<ContainerRecord, 'ociVersion' | 'id' | 'bundle' | 'annotations'>;

/** Renders the State object for hooks, with the fields of the specification only. */
export const renderHookState = (record: HookSubject, status: Status, pid: number): string =>
  JSON.stringify({
    ociVersion: record.ociVersion,
    id: record.id,
    status,
    pid,
    bundle: record.bundle,
    annotations: record.annotations,
  });

const byte = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const address = new RegExp(String.raw`^(?:${byte}\.){3}${byte}/\d{1,2}$`);

// The text comes from the guest, so it is not trusted.
const isAddress = (text: string): boolean => address.test(text);

/** Adds the addresses that the guest got by DHCP to the record of a running container. */
const withLeases = async (context: Context, record: ContainerRecord): Promise<ContainerRecord> => {
  const { interfaces = [], network } = record;
  if (network === undefined || network.dhcp.length === 0) return record;
  const { domid } = await loadDomainOf(context.root, record);
  if (domid === undefined) return record;
  const tool = openRunxMonitor(context);
  const known = await Promise.all(
    interfaces.map(async (one) => {
      if (!network.dhcp.includes(one.name)) return one;
      const leased = await readLease(tool, domid, one.name);
      return isAddress(leased) ? { ...one, addresses: [leased, ...one.addresses] } : one;
    }),
  );
  return { ...record, interfaces: known };
};

/** The current state of the container with this record. */
export const stateOf = async (context: Context, record: ContainerRecord): Promise<State> => {
  const status = await statusOf(context.root, record);
  return renderState(status === 'running' ? await withLeases(context, record) : record, status);
};

/** The current state of the container with this id. */
export const showState = async (context: Context, id: string): Promise<State> =>
  stateOf(context, await loadRecord(context.root, parseContainerId(id)));
