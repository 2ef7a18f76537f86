import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../config.ts';
import { RunxError } from '../errors.ts';
import { openChosenFile } from '../host/chosen-file.ts';
import { resolveInRootfs } from '../host/rootfs-path.ts';
import type { Process } from '../oci/spec.ts';
import { bytesPerMiB } from '../units.ts';
import { hasOwnGuest } from './boot-kind.ts';

/** A file in a container's rootfs that its domain boots. */
interface RootfsFile {
  /** The variable or annotation that names the file, for errors. */
  readonly source: string;
  /** Path in the rootfs. */
  readonly path: string;
}

/**
 * The kernel and ramdisk that a domain boots: those of runx, or files of the container's rootfs in
 * place of one or both.
 */
export type Boot =
  | { readonly kind: 'runx' }
  | { readonly kind: 'own-kernel'; readonly kernel: RootfsFile }
  | {
      readonly kind: 'own-ramdisk';
      /** Undefined for the kernel of runx. */
      readonly kernel: RootfsFile | undefined;
      readonly ramdisk: RootfsFile;
    }
  | { readonly kind: 'no-ramdisk'; readonly kernel: RootfsFile };

// The limit of a kernel or ramdisk, whose copy is in /run, in memory, until xl has read it.
const maximumMiB = 128;

/**
 * The maximum length of the kernel arguments in characters.  Xen passes 1024 bytes to a PV guest,
 * including the arguments of runx and a NUL.
 */
export const maximumArguments = 900;

const findFile = (
  name: 'kernel' | 'ramdisk',
  process: Process,
  annotation: string | undefined,
): RootfsFile | undefined => {
  if (annotation !== undefined) return { source: `annotation io.runx.${name}`, path: annotation };
  const variable = `RUNX_${name.toUpperCase()}`;
  const value = process.env.findLast((one) => one.startsWith(`${variable}=`));
  if (value === undefined) return undefined;
  return { source: `${variable} in process.env`, path: value.slice(variable.length + 1) };
};

/** The annotations io.runx.kernel and io.runx.ramdisk. */
export interface BootAnnotations {
  readonly kernel?: string | undefined;
  readonly ramdisk?: string | undefined;
}

/**
 * Determines which kernel and ramdisk a container brings, from annotations or else from its
 * environment.  An empty ramdisk means that the kernel boots without a ramdisk.  No file is opened.
 */
export const planBoot = (
  process: Process,
  annotations: BootAnnotations,
  allowed: Config['own_kernel'],
): Boot => {
  const kernel = findFile('kernel', process, annotations.kernel);
  const ramdisk = findFile('ramdisk', process, annotations.ramdisk);
  const first = kernel ?? ramdisk;
  if (first !== undefined && allowed === false) {
    throw new RunxError(`${first.source} is not allowed: own_kernel in runx.toml is false`);
  }
  if (kernel?.path === '') throw new RunxError(`${kernel.source} must name a file of the rootfs`);
  if (ramdisk === undefined) {
    return kernel === undefined ? { kind: 'runx' } : { kind: 'own-kernel', kernel };
  }
  if (ramdisk.path !== '') return { kind: 'own-ramdisk', kernel, ramdisk };
  if (kernel !== undefined) return { kind: 'no-ramdisk', kernel };
  throw new RunxError(
    `${ramdisk.source} is empty: an empty ramdisk needs a kernel that boots without one: set RUNX_KERNEL to that kernel`,
  );
};

// "quiet" hides the kernel log except for a panic; panic=0 leaves it to Xen to end the domain.
const ownArguments = 'console=hvc0 quiet panic=0 rdinit=/init';

/**
 * Renders the command line of the kernel.  The annotation io.runx.kernel_arguments is appended to
 * the arguments of runx, or replaces process.args if the container brings its own guest.
 */
export const renderKernelArguments = (
  kind: Boot['kind'],
  { args }: Process,
  annotation: string | undefined,
): string => {
  if (!hasOwnGuest(kind)) return [ownArguments, annotation].filter(Boolean).join(' ');
  if (annotation !== undefined) return annotation;
  const text = args.join(' ');
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= maximumArguments) return text;
  throw new RunxError(
    `config.json: process.args: must be at most ${maximumArguments} printable ASCII characters, because they are the kernel arguments of the container's own ramdisk: shorten them, or use the annotation io.runx.kernel_arguments`,
  );
};

/** The paths of the files that `xl create` reads. */
export interface BootFiles {
  readonly kernel: string;
  readonly ramdisk: string | undefined;
}

/** The sources of the files that a domain boots. */
export interface BootSources {
  readonly boot: Boot;
  /** Host directory of the container's rootfs. */
  readonly rootfs: string;
  /** The ramdisk of runx with the container's part; undefined if the domain does not boot it. */
  readonly ramdisk: Buffer | undefined;
  readonly config: Pick<Config, 'kernel' | 'own_kernel'>;
}

/** Writes the files that only this domain boots into its directory; returns all boot files. */
export const provideBootFiles = async (
  { boot, rootfs, ramdisk, config }: BootSources,
  directory: string,
): Promise<BootFiles> => {
  const copyTo = async (name: string, file: RootfsFile): Promise<string> => {
    const target = join(directory, name);
    await copyOutOfRootfs(rootfs, file, target, config.own_kernel);
    return target;
  };
  const kernel =
    'kernel' in boot && boot.kernel !== undefined
      ? await copyTo('kernel', boot.kernel)
      : config.kernel;
  if (boot.kind === 'no-ramdisk') return { kernel, ramdisk: undefined };
  if (boot.kind === 'own-ramdisk')
    return { kernel, ramdisk: await copyTo('ramdisk', boot.ramdisk) };
  if (ramdisk === undefined) throw new TypeError('a domain that boots runx has no ramdisk');
  const target = join(directory, 'ramdisk');
  await fs.writeFile(target, ramdisk, { mode: 0o600 });
  return { kernel, ramdisk: target };
};

/** Copies a file out of the rootfs to `target`; throws RunxError if runx.toml does not allow it. */
const copyOutOfRootfs = async (
  rootfs: string,
  { source, path }: RootfsFile,
  target: string,
  allowed: Config['own_kernel'],
): Promise<void> => {
  const name = JSON.stringify(path);
  const refuse = (why: string): never => {
    throw new RunxError(`${source}: ${why}`);
  };
  const found = await resolveInRootfs(rootfs, path);
  if (found === undefined) return refuse(`the rootfs has no file ${name}`);
  const inside = join(await fs.realpath(rootfs), '/');
  const handle = await openChosenFile(found, {
    refuse: (why) => refuse(`${name} ${why}`),
    look: (_, real) => {
      // Another process may have replaced a directory of the path by a symbolic link meanwhile.
      if (!real.startsWith(inside)) refuse(`${name} was replaced while it was opened`);
    },
  });
  try {
    const sum = await copy(handle, target);
    if (sum === undefined) refuse(`${name} is larger than ${maximumMiB} MiB`);
    else if (Array.isArray(allowed) && !allowed.includes(sum)) {
      refuse(`${name} is not allowed: add its SHA-256 ${sum} to own_kernel in runx.toml`);
    }
  } finally {
    await handle.close();
  }
};

/** Copies a file; returns the SHA-256 of the copy, or undefined if the file is too large. */
const copy = async (source: FileHandle, to: string): Promise<string | undefined> => {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256');
  const target = await fs.open(to, 'wx', 0o600);
  try {
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
    await target.close();
  }
};
