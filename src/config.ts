import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as v from 'valibot';

import { RunxError, hasCode, messageOf } from './errors.ts';
import { parseValue } from './schema.ts';

/** The configuration file, unless --config names another one. */
export const defaultConfigFile = '/etc/runx/runx.toml';

/** The directory of the kernel, the ramdisk and the monitor: that of the program itself. */
export const libraryDirectory = dirname(fileURLToPath(import.meta.url));

const absolutePath = v.pipe(v.string(), v.startsWith('/', 'must be an absolute path'));
const program = v.pipe(v.string(), v.regex(/^(\/.*|[^/]+)$/, 'must be a name or an absolute path'));
const sha256 = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal, as printed by sha256sum'),
);
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The ways in which a rootfs reaches its domain: 9P, an image on a disk, or its block device. */
export const rootfsKinds = ['auto', '9p', 'disk', 'block'] as const;

/** The types of domains (xl.cfg(5)), or the best type of the host. */
export const domainTypeChoices = ['auto', 'pv', 'pvh'] as const;

/** The annotations in config.json that runx knows. */
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

/** A setting and its description for runx.toml(5) and the README, with `code` in backquotes. */
const setting = <const S extends v.GenericSchema>(schema: S, meaning: string) =>
  v.pipe(schema, v.description(meaning));

export const configSchema = v.strictObject({
  root: v.optional(
    setting(absolutePath, 'Directory for the state of containers; `--root` overrides it'),
    '/run/runx',
  ),
  kernel: v.optional(setting(absolutePath, 'The guest kernel'), join(libraryDirectory, 'kernel')),
  ramdisk: v.optional(setting(absolutePath, 'The base ramdisk'), join(libraryDirectory, 'ramdisk')),
  monitor: v.optional(
    setting(absolutePath, 'The program that stands for a container on the host'),
    join(libraryDirectory, 'runx-monitor'),
  ),
  xl: v.optional(setting(program, 'The xl tool: a name on `PATH` or an absolute path'), 'xl'),
  diod: v.optional(
    setting(
      program,
      'The 9P server diod: a name on `PATH` or an absolute path; without diod, xl starts a QEMU as the 9P server',
    ),
    'diod',
  ),
  rootfs: v.optional(
    setting(
      v.picklist(rootfsKinds),
      'How a root file system reaches its domain: by 9P, as an image on a disk, or as its own block device; `auto` is `block` if the root file system is a read-only block device, or else `9p` if the host has a 9P server, or else `disk`',
    ),
    'auto',
  ),
  mkfs_erofs: v.optional(
    setting(
      program,
      'The program that makes images of root file systems: a name on `PATH` or an absolute path',
    ),
    'mkfs.erofs',
  ),
  images_mib: v.optional(
    setting(positive, 'Maximum size of all images together, in MiB; images in use are always kept'),
    4096,
  ),
  writable_layer: v.optional(
    setting(
      v.picklist(['memory', 'disk']),
      "Whether writes to a root file system on a disk go to the domain's memory or to a sparse file on the host's disk",
    ),
    'memory',
  ),
  writable_layer_mib: v.optional(
    setting(
      v.pipe(positive, v.examples([1024])),
      "Size of the writable layer, in MiB; by default, half of the domain's memory, or 8192 on the host's disk",
    ),
  ),
  memory_mib: v.optional(
    setting(
      positive,
      'Memory of a domain whose container has no memory limit, in MiB; at least 24',
    ),
    256,
  ),
  memory_max_mib: v.optional(
    setting(
      v.pipe(positive, v.examples([1024])),
      'Memory to which `runx update` can raise a domain, in MiB; by default, the memory with which the domain was created. The guest uses 2 % of this maximum from the start',
    ),
  ),
  vcpus: v.optional(
    setting(positive, 'Virtual CPUs of a domain whose container has no CPU quota'),
    1,
  ),
  vcpus_max: v.optional(
    setting(
      v.pipe(positive, v.examples([4])),
      'Virtual CPUs to which `runx update` can raise a domain; by default, the number with which the domain was created',
    ),
  ),
  domain_type: v.optional(
    setting(
      v.picklist(domainTypeChoices),
      'Type of the domains, as in xl.cfg(5); `auto` is PV if Xen offers it, or else PVH',
    ),
    'auto',
  ),
  annotations: v.optional(
    setting(
      v.array(v.picklist(annotationNames)),
      'The annotations `io.runx.*` that a `config.json` may have; others are refused, because some engines take annotations from the image',
    ),
    [],
  ),
  own_kernel: v.optional(
    setting(
      v.union([v.boolean(), v.array(sha256)]),
      'Whether a container may bring its own kernel and ramdisk; or a list with the SHA-256 of each allowed file',
    ),
    true,
  ),
  netconf_env: v.optional(
    setting(
      v.union([v.boolean(), v.literal('auto')]),
      'Whether `NETCONF` in the environment of a process is allowed; some engines take the environment from the image. With `auto`, `NETCONF` is allowed unless the engine gives the container a network namespace by its path',
    ),
    'auto',
  ),
  netconf_directories: v.optional(
    setting(
      v.array(absolutePath),
      'Directories below which the files are that `NETCONF`, `io.runx.netconf` and `host_network` may name',
    ),
    ['/etc/cni', '/etc/runx'],
  ),
  host_network: v.optional(
    setting(
      v.pipe(v.string(), v.minLength(1)),
      "The network of a container that asks for Dom0's network: `refuse`, `none` (only `lo`), or the value of a `NETCONF`",
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
      'Directory for data that survives a reboot: network attachments, CNI results, images and writable layers',
    ),
    '/var/lib/runx',
  ),
});

/** The settings of runx.toml, with the defaults filled in. */
export type Config = v.InferOutput<typeof configSchema>;

export const parseConfig = (value: unknown, file: string): Config =>
  parseValue(configSchema, value, file);

// The two shapes of errors of the TOML parser: of a syntax error, and of a duplicate key or table.
const syntaxErrorSchema = v.object({
  location: v.object({ start: v.object({ line: v.number() }) }),
});
const senseErrorSchema = v.object({ line: v.number() });

const lineOf = (error: unknown): string => {
  if (v.is(syntaxErrorSchema, error)) return ` line ${error.location.start.line}`;
  return v.is(senseErrorSchema, error) ? ` line ${error.line}` : '';
};

/** Reads runx.toml; the default file may be missing, but a file named by --config must exist. */
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
  // The file that is installed has comments only, and the parser costs a millisecond or more.
  if (text.split('\n').every((line) => /^\s*(#|$)/.test(line))) return parseConfig({}, path);
  const toml = (await import('toml')).default;
  let value: unknown;
  try {
    value = toml.parse(text);
  } catch (error) {
    throw new RunxError(`${path}${lineOf(error)}: ${messageOf(error)}`);
  }
  return parseConfig(value, path);
};
