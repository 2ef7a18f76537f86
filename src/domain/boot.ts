import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../config.ts';
import { RunxError } from '../errors.ts';
import type { Process } from '../oci/spec.ts';
import { bytesPerMiB } from '../units.ts';
import { resolveInRootfs } from '../host/rootfs-path.ts';

/** A kernel or a ramdisk in a container's rootfs. */
export interface OwnFile {
  /** Who names it, for errors. */
  readonly source: string;
  /** Path in the rootfs. */
  readonly path: string;
}

/** What a container boots in place of what runx comes with. */
export interface OwnBoot {
  readonly kernel: OwnFile | undefined;
  /** `none` is a kernel that boots without one. */
  readonly ramdisk: OwnFile | 'none' | undefined;
}

/** Whether what runs in the domain is the container's own from the start. */
export const isOwnGuest = ({ ramdisk }: OwnBoot): boolean => ramdisk !== undefined;

// A copy is in memory, where /run is, until xl has read it.
const maximumMiB = 128;

/** In characters: what Xen passes on to a PV guest is 1024 bytes, with runx's own arguments and a NUL. */
export const maximumArguments = 900;

const findOwn = (
  name: 'kernel' | 'ramdisk',
  process: Process,
  annotation: string | undefined,
): OwnFile | undefined => {
  if (annotation !== undefined) return { source: `annotation io.runx.${name}`, path: annotation };
  const variable = `RUNX_${name.toUpperCase()}`;
  const value = process.env.findLast((one) => one.startsWith(`${variable}=`));
  if (value === undefined) return undefined;
  return { source: `${variable} in process.env`, path: value.slice(variable.length + 1) };
};

/**
 * Reads which kernel and ramdisk a container brings, by annotations or in its
 * environment; an empty ramdisk stands for none.  Nothing is looked for yet.
 */
export const planOwnBoot = (
  process: Process,
  wishes: { readonly kernel?: string | undefined; readonly ramdisk?: string | undefined },
  allowed: Config['own_kernel'],
): OwnBoot => {
  const kernel = findOwn('kernel', process, wishes.kernel);
  const ramdisk = findOwn('ramdisk', process, wishes.ramdisk);
  const first = kernel ?? ramdisk;
  if (first !== undefined && allowed === false) {
    throw new RunxError(`${first.source} is not allowed: "own_kernel" in runx.toml is false`);
  }
  if (kernel?.path === '') throw new RunxError(`${kernel.source} must name a file of the rootfs`);
  if (ramdisk?.path !== '') return { kernel, ramdisk };
  if (kernel === undefined) {
    throw new RunxError(
      `${ramdisk.source} is empty, for a kernel that boots without: RUNX_KERNEL must name that`,
    );
  }
  return { kernel, ramdisk: 'none' };
};

/** The arguments of a kernel whose guest is the container's own: those of the process. */
export const renderOwnArguments = ({ args }: Process): string => {
  const text = args.join(' ');
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= maximumArguments) return text;
  throw new RunxError(
    `config.json: process.args: with a ramdisk of the container's own they are the arguments of the kernel, at most ${maximumArguments} characters of ASCII; io.runx.kernel_arguments goes before them`,
  );
};

// A descriptor that only says where a file is: no device notices.
const onlyPath = 0o10000000;

/** Copies a file out of the rootfs to `target`, and refuses one that runx.toml does not allow. */
export const copyOwnFile = async (
  rootfs: string,
  { source, path }: OwnFile,
  target: string,
  allowed: Config['own_kernel'],
): Promise<void> => {
  const name = JSON.stringify(path);
  const refuse = (why: string): never => {
    throw new RunxError(`${source}: ${why}`);
  };
  const found = await resolveInRootfs(rootfs, path);
  if (found === undefined) return refuse(`the rootfs has no file ${name}`);
  const place = await open(found, onlyPath | constants.O_NOFOLLOW);
  try {
    if (!(await place.stat()).isFile()) refuse(`${name} is no regular file`);
    const opened = `/proc/self/fd/${place.fd}`;
    // Whoever writes to the rootfs may have put a link into the way meanwhile.
    const inside = (await readlink(opened)).startsWith(join(await realpath(rootfs), '/'));
    if (!inside) refuse(`${name} has been changed meanwhile`);
    const sum = await copy(opened, target);
    if (sum === undefined) refuse(`${name} is larger than ${maximumMiB} MiB`);
    else if (Array.isArray(allowed) && !allowed.includes(sum)) {
      refuse(`${name} has the SHA-256 ${sum}, which "own_kernel" in runx.toml does not list`);
    }
  } finally {
    await place.close();
  }
};

/** Copies a file; the SHA-256 of the copy comes back, undefined when it is too large. */
const copy = async (from: string, to: string): Promise<string | undefined> => {
  const hash = createHash('sha256');
  const files: FileHandle[] = [];
  try {
    const source = await open(from, 'r');
    files.push(source);
    const target = await open(to, 'wx', 0o600);
    files.push(target);
    const buffer = Buffer.alloc(bytesPerMiB);
    for (let bytes = 0; ;) {
      const { bytesRead } = await source.read(buffer);
      if (bytesRead === 0) return hash.digest('hex');
      bytes += bytesRead;
      if (bytes > maximumMiB * bytesPerMiB) return undefined;
      const piece = buffer.subarray(0, bytesRead);
      hash.update(piece);
      await target.writeFile(piece);
    }
  } finally {
    for (const file of files) await file.close();
  }
};
