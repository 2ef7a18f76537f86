import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../config.ts';
import { RunxError } from '../errors.ts';
import { resolveInRootfs } from '../host/rootfs-path.ts';
import type { Process } from '../oci/spec.ts';
import { bytesPerMiB } from '../units.ts';

/** A file of a container's rootfs that its domain boots. */
interface RootfsFile {
  /** Who names it, for errors. */
  readonly source: string;
  /** Path in the rootfs. */
  readonly path: string;
}

/** What a domain boots: runx's kernel and ramdisk, or files of the container's rootfs in their place. */
export type Boot =
  | { readonly kind: 'runx' }
  | { readonly kind: 'own-kernel'; readonly kernel: RootfsFile }
  | {
      readonly kind: 'own-ramdisk';
      /** runx's kernel unless given. */
      readonly kernel: RootfsFile | undefined;
      readonly ramdisk: RootfsFile;
    }
  | { readonly kind: 'no-ramdisk'; readonly kernel: RootfsFile };

/** The kinds of Boot, in the order from all of runx's to nothing of runx's. */
export const bootKinds = [
  'runx',
  'own-kernel',
  'own-ramdisk',
  'no-ramdisk',
] as const satisfies readonly Boot['kind'][];

/** Whether nothing of runx runs in the domain: no init that starts the process, and no exec. */
export const hasOwnGuest = (kind: Boot['kind']): boolean =>
  kind === 'own-ramdisk' || kind === 'no-ramdisk';

// A copy is in memory, where /run is, until xl has read it.
const maximumMiB = 128;

/** In characters: what Xen passes on to a PV guest is 1024 bytes, with runx's own arguments and a NUL. */
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

/** The annotations that name a kernel and a ramdisk, without their prefix. */
export interface BootAnnotations {
  readonly kernel?: string | undefined;
  readonly ramdisk?: string | undefined;
}

/**
 * Reads which kernel and ramdisk a container brings, from annotations or from its environment; an
 * empty ramdisk means that the kernel boots without one.  No file is looked at yet.
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
    throw new RunxError(`${first.source} is not allowed: "own_kernel" in runx.toml is false`);
  }
  if (kernel?.path === '') throw new RunxError(`${kernel.source} must name a file of the rootfs`);
  if (ramdisk === undefined) {
    return kernel === undefined ? { kind: 'runx' } : { kind: 'own-kernel', kernel };
  }
  if (ramdisk.path !== '') return { kind: 'own-ramdisk', kernel, ramdisk };
  if (kernel !== undefined) return { kind: 'no-ramdisk', kernel };
  throw new RunxError(
    `${ramdisk.source} is empty, which is for a kernel that boots without a ramdisk: RUNX_KERNEL must name that kernel`,
  );
};

// runx's init says what matters; a panic is printed all the same, and ends the domain.
const ownArguments = 'console=hvc0 quiet panic=0 rdinit=/init';

/** The arguments of the kernel that a domain boots; `annotation` is what config.json adds or gives. */
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
    `config.json: process.args: with a ramdisk of the container's own they are the arguments of the kernel, at most ${maximumArguments} characters of ASCII; io.runx.kernel_arguments goes before them`,
  );
};

/** Where the files are that xl reads when it creates the domain. */
export interface BootFiles {
  readonly kernel: string;
  readonly ramdisk: string | undefined;
}

/** What the files of a domain are made of. */
export interface BootSources {
  readonly boot: Boot;
  /** Host directory of the container's rootfs. */
  readonly rootfs: string;
  /** What runx makes of its own ramdisk for the container; undefined where runx's ramdisk does not boot. */
  readonly ramdisk: Buffer | undefined;
  readonly config: Pick<Config, 'kernel' | 'own_kernel'>;
}

/** Puts the files that a domain boots into its directory, as far as they are the domain's own. */
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
  await writeFile(target, ramdisk, { mode: 0o600 });
  return { kernel, ramdisk: target };
};

// A descriptor that only says where a file is: no device notices.
const onlyPath = 0o10000000;

/** Copies a file out of the rootfs to `target`, and refuses one that runx.toml does not allow. */
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
  const handle = await open(found, onlyPath | constants.O_NOFOLLOW);
  try {
    if (!(await handle.stat()).isFile()) refuse(`${name} is not a regular file`);
    const opened = `/proc/self/fd/${handle.fd}`;
    // Whoever writes to the rootfs may have put a link into the way meanwhile.
    const inside = (await readlink(opened)).startsWith(join(await realpath(rootfs), '/'));
    if (!inside) refuse(`${name} has been changed meanwhile`);
    const sum = await copy(opened, target);
    if (sum === undefined) refuse(`${name} is larger than ${maximumMiB} MiB`);
    else if (Array.isArray(allowed) && !allowed.includes(sum)) {
      refuse(`${name} has the SHA-256 ${sum}, which "own_kernel" in runx.toml does not list`);
    }
  } finally {
    await handle.close();
  }
};

/** Copies a file; the SHA-256 of the copy comes back, undefined when the file is too large. */
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
