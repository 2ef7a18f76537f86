import { join } from 'node:path';

import { namesIfReadable } from './files.ts';
import type { Point } from './point.ts';

const needed = ['xenbus', 'gntdev', 'evtchn'] as const;

/** Lists /dev/xen of the host whose root is at `root`. */
export const findXenDevices = (root = '/'): Promise<readonly string[]> =>
  namesIfReadable(join(root, 'dev/xen'));

/** Judges whether the devices exist through which the monitor serves a domain. */
export const checkDevices = (present: readonly string[]): Point => {
  const missing = needed.filter((name) => !present.includes(name));
  if (missing.length === 0) {
    return { name: 'devices', status: 'ok', found: `/dev/xen has ${needed.join(', ')}` };
  }
  return {
    name: 'devices',
    status: 'error',
    found: `/dev/xen has no ${missing.join(', no ')}`,
    // Every kernel that can be Dom0 has xenbus built in, so no module can add it.
    remedy: missing.includes('xenbus')
      ? 'boot Xen with a Dom0 kernel (CONFIG_XEN_DOM0)'
      : missing.map((name) => `modprobe xen-${name}`).join('; '),
  };
};
