import { release } from 'node:os';
import { join } from 'node:path';

import { readIfReadable } from './files.ts';
import type { Point } from './point.ts';

export interface Dom0Facts {
  readonly uid: number;
  /** The kernel release, as `uname -r` prints it. */
  readonly release: string;
  /** The text of /proc/xen/capabilities. */
  readonly capabilities: string | undefined;
  /** The text of /sys/hypervisor/type. */
  readonly hypervisor: string | undefined;
  /** The text of /sys/hypervisor/properties/features. */
  readonly features: string | undefined;
}

/** Reads the files that identify Dom0, on the host whose root is at `root`. */
export const findDom0 = async (root = '/'): Promise<Dom0Facts> => {
  const [capabilities, hypervisor, features] = await Promise.all(
    ['proc/xen/capabilities', 'sys/hypervisor/type', 'sys/hypervisor/properties/features'].map(
      (file) => readIfReadable(join(root, file)),
    ),
  );
  return { uid: process.getuid?.() ?? 0, release: release(), capabilities, hypervisor, features };
};

const checkUser = ({ uid }: Dom0Facts): Point =>
  uid === 0
    ? { name: 'user', status: 'ok', found: 'root' }
    : {
        name: 'user',
        status: 'error',
        found: `runx needs root, but runs as user ${uid}; some points below may be wrong`,
        remedy: 'run runx as root',
      };

// Linux 5.12 is the first version with mount_setattr(2), with which the monitor prepares shares.
const oldest = { major: 5, minor: 12 };

const checkLinux = ({ release: name }: Dom0Facts): Point => {
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)/.exec(name) ?? [];
  const isOld =
    Number(major) < oldest.major ||
    (Number(major) === oldest.major && Number(minor) < oldest.minor);
  if (!isOld) return { name: 'linux', status: 'ok', found: name };
  return {
    name: 'linux',
    status: 'error',
    found: `${name} is too old for Dom0`,
    remedy: `boot Linux ${oldest.major}.${oldest.minor} or newer`,
  };
};

// The number of XENFEAT_dom0 (xen/interface/features.h), which identifies Dom0 without xenfs.
const featureOfDom0 = 11;

const hasFeatureOfDom0 = (features: string | undefined): boolean =>
  ((Number.parseInt(features ?? '0', 16) >> featureOfDom0) & 1) === 1;

const checkXen = ({ capabilities, hypervisor, features }: Dom0Facts): Point => {
  const isDom0 =
    capabilities?.split(/\s+/).includes('control_d') === true || hasFeatureOfDom0(features);
  if (isDom0) return { name: 'dom0', status: 'ok', found: 'this is Dom0' };
  if (capabilities === undefined && hypervisor?.trim() !== 'xen') {
    return {
      name: 'dom0',
      status: 'error',
      found: 'this machine does not run on Xen',
      remedy: 'boot Xen with this system as Dom0; to try runx without Xen, run scripts/demo',
    };
  }
  return {
    name: 'dom0',
    status: 'error',
    found: 'this machine is a Xen domain, but not Dom0',
    remedy: 'run runx in Dom0',
  };
};

/** Judges whether this machine is Dom0, the user is root and Linux is new enough. */
export const checkDom0 = (facts: Dom0Facts): readonly Point[] => [
  checkXen(facts),
  checkUser(facts),
  checkLinux(facts),
];
