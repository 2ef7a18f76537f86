import { join } from 'node:path';

import { namesIfReadable } from './files.ts';
import type { Point } from './point.ts';

const needed = ['xenbus', 'gntdev', 'evtchn'] as const;

/** The names in /dev/xen; `root` is the host's. */
export const findXenDevices = (root = '/'): Promise<readonly string[]> =>
  namesIfReadable(join(root, 'dev/xen'));

/** Whether the devices are there through which the monitor serves a domain. */
export const checkDevices = (present: readonly string[]): Point => {
  const missing = needed.filter((name) => !present.includes(name));
  if (missing.length === 0) {
    return { name: 'devices', status: 'ok', found: `/dev/xen has ${needed.join(', ')}` };
  }
  return {
    name: 'devices',
    status: 'error',
    found: `/dev/xen has no ${missing.join(', no ')}`,
    // The first is there in every kernel that has booted on Xen and can be its Dom0.
    remedy: missing.includes('xenbus')
      ? 'boot a kernel with the options of a Dom0, on Xen'
      : missing.map((name) => `modprobe xen-${name}`).join('; '),
  };
};
