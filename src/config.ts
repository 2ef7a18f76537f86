import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as v from 'valibot';

import { RunxError, hasCode, messageOf } from './errors.ts';
import { parseValue } from './schema.ts';

/** Read unless --config names another. */
export const defaultConfigFile = '/etc/runx/runx.toml';

/** Where the kernel, the ramdisk and the monitor are installed: beside the program. */
export const libraryDirectory = dirname(fileURLToPath(import.meta.url));

const absolutePath = v.pipe(v.string(), v.startsWith('/', 'must be an absolute path'));
const program = v.pipe(v.string(), v.regex(/^(\/.*|[^/]+)$/, 'must be a name or an absolute path'));
const sha256 = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256, as sha256sum prints it'),
);
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** How a rootfs reaches its domain: by 9P, as an image on a disk, or as the block device that it is on. */
export const rootfsKinds = ['auto', '9p', 'disk', 'block'] as const;

/** The type of a domain (xl.cfg(5)), or that of the host's choice. */
export const domainTypeChoices = ['auto', 'pv', 'pvh'] as const;

/** The annotations of a config.json that can change its domain. */
export const annotationNames = [
  'io.runx.memory_mib',
  'io.runx.memory_max_mib',
  'io.runx.vcpus',
  'io.runx.vcpus_max',
  'io.runx.domain_type',
  'io.runx.kernel',
  'io.runx.ramdisk',
  'io.runx.kernel_arguments',
  'io.runx.netconf',
  'io.runx.rootfs',
] as const;

/** A setting and what it means, in the words of runx.toml(5), with `code` between backquotes. */
const setting = <const S extends v.GenericSchema>(schema: S, meaning: string) =>
  v.pipe(schema, v.description(meaning));

export const configSchema = v.strictObject({
  root: v.optional(
    setting(absolutePath, "Directory of the containers' state; `--root` goes first"),
    '/run/runx',
  ),
  kernel: v.optional(setting(absolutePath, 'Guest kernel'), join(libraryDirectory, 'kernel')),
  ramdisk: v.optional(setting(absolutePath, 'Base ramdisk'), join(libraryDirectory, 'ramdisk')),
  monitor: v.optional(
    setting(absolutePath, 'The program that stands for a container on the host'),
    join(libraryDirectory, 'runx-monitor'),
  ),
  xl: v.optional(setting(program, 'The xl tool: a name on `PATH` or an absolute path'), 'xl'),
  diod: v.optional(
    setting(
      program,
      "The 9P server of root file systems, likewise; where there is none, xl's QEMU serves them",
    ),
    'diod',
  ),
  rootfs: v.optional(
    setting(
      v.picklist(rootfsKinds),
      'How a root file system reaches its domain; `auto` is as the block device that it is on, if that is mounted read-only, else by 9P, or on a disk where that cannot be had',
    ),
    'auto',
  ),
  mkfs_erofs: v.optional(
    setting(program, 'The program that makes images for a disk, likewise'),
    'mkfs.erofs',
  ),
  images_mib: v.optional(
    setting(positive, 'To what size images are kept, in MiB; those in use are kept in any case'),
    4096,
  ),
  writable_layer: v.optional(
    setting(
      v.picklist(['memory', 'disk']),
      "What takes the writes to a root file system on a disk, the domain's memory or a sparse file on the host's disk",
    ),
    'memory',
  ),
  writable_layer_mib: v.optional(
    setting(
      v.pipe(positive, v.examples([1024])),
      "How much it takes, in MiB; without it, half of the domain's memory, or 8192 on the disk",
    ),
  ),
  memory_mib: v.optional(
    setting(positive, 'Memory of a domain whose container sets no limit, in MiB; at least 44'),
    256,
  ),
  memory_max_mib: v.optional(
    setting(
      v.pipe(positive, v.examples([1024])),
      "To what `runx update` can raise a domain's memory, in MiB; without it, to what it was created with. The guest keeps 2 % of it for records from the start",
    ),
  ),
  vcpus: v.optional(setting(positive, 'Virtual CPUs of a domain whose container sets no quota'), 1),
  vcpus_max: v.optional(
    setting(
      v.pipe(positive, v.examples([4])),
      "To how many virtual CPUs `runx update` can raise a domain's; without it, to as many as it was created with",
    ),
  ),
  domain_type: v.optional(
    setting(
      v.picklist(domainTypeChoices),
      'Type of the domains, as in xl.cfg(5); `auto` is PV where Xen has it, or else PVH',
    ),
    'auto',
  ),
  annotations: v.optional(
    setting(
      v.array(v.picklist(annotationNames)),
      'The annotations of a `config.json` that are obeyed; any other `io.runx.*` is refused, because some engines take them from the image',
    ),
    [],
  ),
  own_kernel: v.optional(
    setting(
      v.union([v.boolean(), v.array(sha256)]),
      'Whether a container may bring a kernel and a ramdisk of its own; or the SHA-256 of those that it may',
    ),
    true,
  ),
  netconf_env: v.optional(
    setting(
      v.boolean(),
      "Whether `NETCONF` in a process's env is obeyed; some engines take the env from the image",
    ),
    true,
  ),
  host_network: v.optional(
    setting(
      v.pipe(v.string(), v.minLength(1)),
      "For a container that wants Dom0's network: `refuse`, `none` (only `lo`), or the text of a `NETCONF`",
    ),
    'refuse',
  ),
  cni_path: v.optional(setting(v.array(absolutePath), 'Directories of CNI plugins'), [
    '/opt/cni/bin',
    '/usr/lib/cni',
    '/usr/libexec/cni',
  ]),
  data_root: v.optional(
    setting(
      absolutePath,
      "Directory of what survives a reboot: the networks that containers are in, CNI's results, images and writable layers",
    ),
    '/var/lib/runx',
  ),
});

/** runx.toml with its defaults filled in. */
export type Config = v.InferOutput<typeof configSchema>;

export const parseConfig = (value: unknown, file: string): Config =>
  parseValue(configSchema, value, file);

// Where toml's parser stopped: on syntax, or on sense.
const syntaxErrorSchema = v.object({
  location: v.object({ start: v.object({ line: v.number() }) }),
});
const senseErrorSchema = v.object({ line: v.number() });

const lineOf = (error: unknown): string => {
  if (v.is(syntaxErrorSchema, error)) return ` line ${error.location.start.line}`;
  return v.is(senseErrorSchema, error) ? ` line ${error.line}` : '';
};

/** Reads runx.toml; the default file may be missing, one that was asked for may not. */
export const loadConfig = async (file: string | undefined): Promise<Config> => {
  let text = '';
  const path = file ?? defaultConfigFile;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (file !== undefined || !hasCode(error, 'ENOENT')) {
      throw new RunxError(`${path}: ${messageOf(error)}`);
    }
    return parseConfig({}, path);
  }
  const toml = (await import('toml')).default;
  let value: unknown;
  try {
    value = toml.parse(text);
  } catch (error) {
    throw new RunxError(`${path}${lineOf(error)}: ${messageOf(error)}`);
  }
  return parseConfig(value, path);
};
