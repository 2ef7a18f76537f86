import { access, constants, stat } from 'node:fs/promises';

import type { Config } from '../config.ts';
import { RunxError, hasCode, messageOf } from '../errors.ts';
import {
  type Architecture,
  elfArchitecture,
  kernelArchitecture,
  ramdiskArchitecture,
} from './binary.ts';
import { readHead, readIfReadable } from './files.ts';
import type { Point } from './point.ts';

/** A file of the runx installation. */
export interface OwnFile {
  readonly path: string;
  /** The first bytes of the file; undefined if it cannot be read. */
  readonly head: Buffer | undefined;
  readonly problem: string | undefined;
}

export interface GuestFacts {
  readonly monitor: OwnFile;
  readonly kernel: OwnFile;
  /** The text of KERNEL.config, the build configuration of the kernel; undefined if missing. */
  readonly options: string | undefined;
  readonly ramdisk: OwnFile;
}

// The first program of a ramdisk lies within this many bytes.
const headBytes = 4 * 1024 * 1024;

const findFile = async (path: string, mode: number): Promise<OwnFile> => {
  try {
    if (!(await stat(path)).isFile()) throw new RunxError('is not a regular file');
    await access(path, mode);
    return { path, head: await readHead(path, headBytes), problem: undefined };
  } catch (error) {
    const isProgram = mode === constants.X_OK;
    if (hasCode(error, 'ENOENT')) return { path, head: undefined, problem: 'does not exist' };
    if (hasCode(error, 'EACCES') && isProgram) {
      return { path, head: undefined, problem: 'is not executable' };
    }
    return { path, head: undefined, problem: messageOf(error) };
  }
};

/** Reads the start of the monitor, the kernel and the ramdisk. */
export const findGuestFiles = async (config: Config): Promise<GuestFacts> => {
  const [monitor, kernel, ramdisk, options] = await Promise.all([
    findFile(config.monitor, constants.X_OK),
    findFile(config.kernel, constants.R_OK),
    findFile(config.ramdisk, constants.R_OK),
    readIfReadable(`${config.kernel}.config`),
  ]);
  return { monitor, kernel, ramdisk, options };
};

interface Kind {
  readonly name: 'monitor' | 'kernel' | 'ramdisk';
  readonly what: string;
  readonly remedy: string;
  readonly architectureOf: (head: Buffer) => Architecture | undefined;
}

const monitorKind: Kind = {
  name: 'monitor',
  what: 'a program',
  remedy: 'install runx again, or set monitor in runx.toml to the path of runx-monitor',
  // The monitor may be a script, which has no architecture.
  architectureOf: (head) => elfArchitecture(head) ?? 'unknown',
};

const kernelKind: Kind = {
  name: 'kernel',
  what: 'a kernel (bzImage, Image or ELF)',
  remedy: 'build a kernel with kernel/build, or set kernel in runx.toml to its path',
  architectureOf: kernelArchitecture,
};

const ramdiskKind: Kind = {
  name: 'ramdisk',
  what: 'a ramdisk (a cpio archive, compressed or not)',
  remedy: 'build a ramdisk with initrd/build, or set ramdisk in runx.toml to its path',
  architectureOf: ramdiskArchitecture,
};

const checkFile = (kind: Kind, file: OwnFile, host: Architecture): Point => {
  const { name, what, remedy, architectureOf } = kind;
  const { path, head, problem } = file;
  const fail = (found: string): Point => ({ name, status: 'error', found, remedy });
  if (head === undefined) return fail(`${path} ${problem ?? 'cannot be read'}`);
  const architecture = architectureOf(head);
  if (architecture === undefined) return fail(`${path} is not ${what}`);
  const isKnown = architecture !== 'unknown' && host !== 'unknown';
  if (isKnown && architecture !== host) {
    return fail(`${path} is for ${architecture}, but this host is ${host}`);
  }
  return { name, status: 'ok', found: isKnown ? `${path}, ${architecture}` : path };
};

/** Judges whether the monitor, the kernel and the ramdisk exist and match this host. */
export const checkGuestFiles = (facts: GuestFacts, host: Architecture): readonly Point[] => [
  checkFile(monitorKind, facts.monitor, host),
  checkFile(kernelKind, facts.kernel, host),
  checkFile(ramdiskKind, facts.ramdisk, host),
];
