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

/** A file that runx comes with. */
export interface OwnFile {
  readonly path: string;
  /** Its beginning; undefined when it cannot be read. */
  readonly head: Buffer | undefined;
  readonly problem: string | undefined;
}

export interface GuestFacts {
  readonly monitor: OwnFile;
  readonly kernel: OwnFile;
  /** The configuration that lies beside the kernel. */
  readonly options: string | undefined;
  readonly ramdisk: OwnFile;
}

// Enough for the first program in a ramdisk.
const headBytes = 4 * 1024 * 1024;

const findFile = async (path: string, mode: number): Promise<OwnFile> => {
  try {
    if (!(await stat(path)).isFile()) throw new RunxError('is no regular file');
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

/** Reads what runx comes with, as far as it is to be judged. */
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
  remedy: 'install runx again, or say in runx.toml where its runx-monitor is',
  // A script may stand in for it.
  architectureOf: (head) => elfArchitecture(head) ?? 'unknown',
};

const kernelKind: Kind = {
  name: 'kernel',
  what: 'a kernel (bzImage, Image or ELF)',
  remedy: 'build one with kernel/build, or say in runx.toml where it is',
  architectureOf: kernelArchitecture,
};

const ramdiskKind: Kind = {
  name: 'ramdisk',
  what: 'a ramdisk (cpio, perhaps compressed)',
  remedy: 'build one with initrd/build, or say in runx.toml where it is',
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
    return fail(`${path} is for ${architecture}, and this host is ${host}`);
  }
  return { name, status: 'ok', found: isKnown ? `${path}, ${architecture}` : path };
};

/** Whether the files are there that runx comes with, and made for this host. */
export const checkGuestFiles = (facts: GuestFacts, host: Architecture): readonly Point[] => [
  checkFile(monitorKind, facts.monitor, host),
  checkFile(kernelKind, facts.kernel, host),
  checkFile(ramdiskKind, facts.ramdisk, host),
];
