import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { RunxError, hasCode, messageOf } from './errors.ts';
import {
  type Shape,
  type TypeOf,
  boolean,
  either,
  list,
  literal,
  matching,
  object,
  oneOf,
  optional,
  positive,
  readValue,
  withDefault,
} from './shape.ts';
import { readPlainToml } from './plain-toml.ts';

/** The configuration file, unless --config names another one. */
export const defaultConfigFile = '/etc/runx/runx.toml';

/** The directory of the kernel, the ramdisk and the monitor: that of the program itself. */
export const libraryDirectory = import.meta.dirname;

const absolutePath = matching(/^\//, 'must be an absolute path');
const program = matching(/^(\/.*|[^/]+)$/, 'must be a name or an absolute path');
const sha256 = matching(
  /^[0-9a-f]{64}$/,
  'must be a SHA-256 in hexadecimal, as printed by sha256sum',
);

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

/** A setting with a default; `meaning` is for runx.toml(5) and the README, with `code` in backquotes. */
const setting = <T>(shape: Shape<T>, defaultValue: NoInfer<T>, meaning: string) => ({
  ...withDefault(shape, defaultValue),
  defaultValue,
  meaning,
});

/** A setting without a default. */
const unset = <T>(shape: Shape<T>, example: NoInfer<T>, meaning: string) => ({
  ...optional(shape),
  example,
  meaning,
});

/** The settings of runx.toml. */
export const settings = {
  root: setting(
    absolutePath,
    '/run/runx',
    'Directory for the state of containers; `--root` overrides it',
  ),
  kernel: setting(absolutePath, join(libraryDirectory, 'kernel'), 'The guest kernel'),
  ramdisk: setting(absolutePath, join(libraryDirectory, 'ramdisk'), 'The base ramdisk'),
  monitor: setting(
    absolutePath,
    join(libraryDirectory, 'runx-monitor'),
    'The program that stands for a container on the host',
  ),
  xl: setting(program, 'xl', 'The xl tool: a name on `PATH` or an absolute path'),
  diod: setting(
    program,
    'diod',
    'The 9P server diod: a name on `PATH` or an absolute path; without diod, xl starts a QEMU as the 9P server',
  ),
  rootfs: setting(
    oneOf(rootfsKinds),
    'auto',
    'How a root file system reaches its domain: by 9P, as an image on a disk, or as its own block device; `auto` is `block` if the root file system is a read-only block device, or else `9p` if the host has a 9P server, or else `disk`',
  ),
  mkfs_erofs: setting(
    program,
    'mkfs.erofs',
    'The program that makes images of root file systems: a name on `PATH` or an absolute path',
  ),
  images_mib: setting(
    positive,
    4096,
    'Maximum size of all images together, in MiB; images in use are always kept',
  ),
  writable_layer: setting(
    oneOf(['memory', 'disk']),
    'memory',
    "Whether writes to a root file system on a disk go to the domain's memory or to a sparse file on the host's disk",
  ),
  writable_layer_mib: unset(
    positive,
    1024,
    "Size of the writable layer, in MiB; by default, half of the domain's memory, or 8192 on the host's disk",
  ),
  memory_mib: setting(
    positive,
    256,
    'Memory of a domain whose container has no memory limit, in MiB; at least 24',
  ),
  memory_max_mib: unset(
    positive,
    1024,
    'Memory to which `runx update` can raise a domain, in MiB; by default, the memory with which the domain was created. The guest uses 2 % of this maximum from the start',
  ),
  vcpus: setting(positive, 1, 'Virtual CPUs of a domain whose container has no CPU quota'),
  vcpus_max: unset(
    positive,
    4,
    'Virtual CPUs to which `runx update` can raise a domain; by default, the number with which the domain was created',
  ),
  domain_type: setting(
    oneOf(domainTypeChoices),
    'auto',
    'Type of the domains, as in xl.cfg(5); `auto` is PV if Xen offers it, or else PVH',
  ),
  annotations: setting(
    list(oneOf(annotationNames)),
    [],
    'The annotations `io.runx.*` that a `config.json` may have; others are refused, because some engines take annotations from the image',
  ),
  own_kernel: setting(
    either(boolean, list(sha256)),
    true,
    'Whether a container may bring its own kernel and ramdisk; or a list with the SHA-256 of each allowed file',
  ),
  netconf_env: setting(
    either(boolean, literal('auto')),
    'auto',
    'Whether `NETCONF` in the environment of a process is allowed; some engines take the environment from the image. With `auto`, `NETCONF` is allowed unless the engine gives the container a network namespace by its path',
  ),
  netconf_directories: setting(
    list(absolutePath),
    ['/etc/cni', '/etc/runx'],
    'Directories below which the files are that `NETCONF`, `io.runx.netconf` and `host_network` may name',
  ),
  host_network: setting(
    matching(/./s, 'must not be empty'),
    'refuse',
    "The network of a container that asks for Dom0's network: `refuse`, `none` (only `lo`), or the value of a `NETCONF`",
  ),
  cni_path: setting(
    list(absolutePath),
    ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'],
    'Directories of CNI plugins',
  ),
  data_root: setting(
    absolutePath,
    '/var/lib/runx',
    'Directory for data that survives a reboot: network attachments, CNI results, images and writable layers',
  ),
} as const;

const configShape = object(settings, { onlyKnown: true });

/** The settings of runx.toml, with the defaults filled in. */
export type Config = TypeOf<typeof configShape>;

export const parseConfig = (value: unknown, file: string): Config =>
  readValue(configShape, value, file);

/** The line that an error of the TOML parser is about: a syntax error, or a duplicate key or table. */
const lineOf = (error: unknown): string => {
  const place: { line?: unknown; location?: { start?: { line?: unknown } } } = Object(error);
  const line = place.location?.start?.line ?? place.line;
  return typeof line === 'number' ? ` line ${line}` : '';
};

/** Reads runx.toml; the default file may be missing, but a file named by --config must exist. */
export const loadConfig = async (file: string | undefined): Promise<Config> => {
  let text = '';
  const path = file ?? defaultConfigFile;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (file !== undefined || !hasCode(error, 'ENOENT')) {
      throw new RunxError(`${path}: ${messageOf(error)}`);
    }
    return parseConfig({}, path);
  }
  const plain = readPlainToml(text);
  if (plain !== undefined) return parseConfig(plain, path);
  const toml = (await import('toml')).default;
  let value: unknown;
  try {
    value = toml.parse(text);
  } catch (error) {
    throw new RunxError(`${path}${lineOf(error)}: ${messageOf(error)}`);
  }
  return parseConfig(value, path);
};
