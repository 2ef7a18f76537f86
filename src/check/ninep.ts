import { join } from 'node:path';

import type { Log } from '../log.ts';
import { findProgram } from '../process.ts';
import type { XenInfo } from '../xen/info.ts';
import { namesIn } from './files.ts';
import type { Point } from './point.ts';
import { type ProgramFacts, findProgramFacts } from './programs.ts';

export interface NinepFacts {
  readonly diod: ProgramFacts;
  /** A QEMU that xl could start; undefined where diod makes it unnecessary. */
  readonly qemu: ProgramFacts | undefined;
}

// Where packages of Xen, and Xen's own build, have it.
const directories = ['/usr/libexec', '/usr/lib/xen/bin', '/usr/libexec/xen/bin'];
const locals = ['/usr/local/lib/xen/bin', '/usr/local/libexec/xen/bin', '/usr/bin'];
const names = ['xen-qemu-system-i386', 'qemu-system-i386', 'qemu-system-x86_64'];
const armNames = ['xen-qemu-system-aarch64', 'qemu-system-aarch64'];

const findQemu = async (log: Log): Promise<ProgramFacts | undefined> => {
  // Debian's older packages have the version of Xen in the directory.
  const versioned = (await namesIn('/usr/lib'))
    .filter((name) => /^xen-\d/.test(name))
    .map((name) => join('/usr/lib', name, 'bin'));
  for (const directory of [...versioned, ...directories, ...locals]) {
    for (const name of process.arch === 'arm64' ? armNames : names) {
      const path = await findProgram(join(directory, name));
      if (path !== undefined) return findProgramFacts(path, ['--version'], log);
    }
  }
  return undefined;
};

/** Finds what can serve a rootfs; `name` is diod's, as runx.toml has it. */
export const findNinep = async (name: string, log: Log): Promise<NinepFacts> => {
  const diod = await findProgramFacts(name, [], log);
  return { diod, qemu: diod.path === undefined ? await findQemu(log) : undefined };
};

// From 10 on it cannot plug in what xl asks for, and from Xen 4.19 on xl wants to be told
// that QEMU is meant.
const tooNew = 10;
const isTooNew = ({ xen_major: major, xen_minor: minor }: XenInfo): boolean =>
  major > 4 || (major === 4 && minor >= 19);

/** Whether anything can serve a container's rootfs by 9P. */
export const checkNinep = ({ diod, qemu }: NinepFacts, xen: XenInfo | undefined): Point => {
  if (diod.path !== undefined) return { name: '9p', status: 'ok', found: diod.path };
  const remedy = 'install diod, or say in runx.toml where it is';
  const fail = (found: string): Point => ({ name: '9p', status: 'error', found, remedy });
  if (qemu?.path === undefined) return fail(`no ${diod.name}, and no QEMU that xl could start`);
  const [, version = ''] = /version (\d+)/.exec(qemu.version ?? '') ?? [];
  if (Number(version) >= tooNew) {
    return fail(`no ${diod.name}, and QEMU ${version} (${qemu.path}) cannot take its place`);
  }
  if (xen !== undefined && isTooNew(xen)) {
    return fail(`no ${diod.name}, and with Xen ${xen.xen_version} no QEMU takes its place`);
  }
  return {
    name: '9p',
    status: 'warning',
    found: `no ${diod.name}: xl starts ${qemu.path} for each container, no single file can be a volume, and a volume is read-only by the guest's word alone`,
    remedy,
  };
};
