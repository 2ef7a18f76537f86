import { promises as fs } from 'node:fs';
import { join } from 'node:path';

import type { Log } from '../log.ts';
import { findProgram, run } from '../process.ts';
import type { XenInfo } from './info.ts';

/** A QEMU that xl starts for a domain with 9P shares. */
export interface Qemu {
  readonly path: string;
  /** The output of --version; undefined if the program failed. */
  readonly version: string | undefined;
}

// Directories in which packages of Xen, and a build of Xen itself, install QEMU.
const directories = ['/usr/libexec', '/usr/lib/xen/bin', '/usr/libexec/xen/bin'];
const locals = ['/usr/local/lib/xen/bin', '/usr/local/libexec/xen/bin', '/usr/bin'];
const names = ['xen-qemu-system-i386', 'qemu-system-i386', 'qemu-system-x86_64'];
const armNames = ['xen-qemu-system-aarch64', 'qemu-system-aarch64'];

const timeoutMs = 10_000;

const askVersion = async (path: string, log: Log): Promise<string | undefined> => {
  try {
    return (await run(path, ['--version'], { log, timeoutMs })).stdout.trim();
  } catch {
    return undefined;
  }
};

/** Finds the QEMU that xl would start. */
export const findQemu = async (log: Log): Promise<Qemu | undefined> => {
  // Older Debian packages have the Xen version in the name of the directory.
  const versioned = (await fs.readdir('/usr/lib').catch(() => []))
    .filter((name) => /^xen-\d/.test(name))
    .map((name) => join('/usr/lib', name, 'bin'));
  for (const directory of [...versioned, ...directories, ...locals]) {
    for (const name of process.arch === 'arm64' ? armNames : names) {
      const path = await findProgram(join(directory, name));
      if (path !== undefined) return { path, version: await askVersion(path, log) };
    }
  }
  return undefined;
};

// QEMU 10 and later cannot hot-plug the 9pfs device that xl asks for.  From Xen 4.19 on, xl starts
// a QEMU for 9pfs only if the domain configuration says so.
const tooNew = 10;
const isTooNew = ({ xen_major: major, xen_minor: minor }: XenInfo): boolean =>
  major > 4 || (major === 4 && minor >= 19);

/** Why QEMU cannot serve 9P with this Xen; undefined if it can, or if `xen` is not known. */
export const xenLack = (xen: XenInfo | undefined): string | undefined =>
  xen !== undefined && isTooNew(xen)
    ? `Xen ${xen.xen_version} does not start QEMU in its place`
    : undefined;

/** Why QEMU cannot serve 9P on this host; undefined if it can. */
export const qemuLack = (qemu: Qemu | undefined, xen: XenInfo | undefined): string | undefined => {
  if (qemu === undefined) return 'xl would find no QEMU in its place';
  const [, version = ''] = /version (\d+)/.exec(qemu.version ?? '') ?? [];
  if (Number(version) >= tooNew) return `QEMU ${version} (${qemu.path}) cannot take its place`;
  return xenLack(xen);
};
