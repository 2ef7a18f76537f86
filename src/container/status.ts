import { userInfo } from 'node:os';

import { monitorIsAlive } from '../monitor/container-monitor.ts';
import type { State, Status } from '../oci/state.ts';
import { type ContainerRecord, hasMark } from './record.ts';

/** Whether `create` has come to its end: the domain is there, or need not be. */
export const isCreated = ({ domain }: ContainerRecord): boolean =>
  domain === undefined || domain.domid !== undefined;

/** The container's status: its monitor lives exactly as long as the container. */
export const statusOf = async (root: string, record: ContainerRecord): Promise<Status> => {
  if (!(await monitorIsAlive(record.monitor))) return 'stopped';
  if (!isCreated(record)) return 'creating';
  if (!(await hasMark(root, record.id, 'started'))) return 'created';
  return (await hasMark(root, record.id, 'paused')) ? 'paused' : 'running';
};

/** What the state in a hook's hands is made of. */
export type HookSubject = Pick<ContainerRecord, 'ociVersion' | 'id' | 'bundle' | 'annotations'>;

/** The State object of the runtime specification. */
export const renderState = (record: ContainerRecord, status: Status): State => ({
  ociVersion: record.ociVersion,
  id: record.id,
  status,
  pid: status === 'stopped' ? 0 : record.monitor.pid,
  bundle: record.bundle,
  rootfs: record.rootfs,
  created: record.created,
  owner: userInfo().username,
  ...(record.interfaces?.length ? { network: record.interfaces } : {}),
  ...(Object.keys(record.annotations).length > 0 ? { annotations: record.annotations } : {}),
});

/** The same for hooks, with the fields that the specification has. */
export const renderHookState = (record: HookSubject, status: Status, pid: number): string =>
  JSON.stringify({
    ociVersion: record.ociVersion,
    id: record.id,
    status,
    pid,
    bundle: record.bundle,
    annotations: record.annotations,
  });
