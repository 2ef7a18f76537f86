import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as v from 'valibot';

import { RunxError, hasCode, messageOf } from './errors.ts';
import { parseValue } from './schema.ts';

/** Read unless --config names another. */
export const defaultConfigFile = '/etc/runx/runx.toml';

/** Where the kernel, the ramdisk and the monitor are installed: beside the program. */
const libraryDirectory = dirname(fileURLToPath(import.meta.url));

const absolutePath = v.pipe(v.string(), v.startsWith('/', 'must be an absolute path'));
const program = v.pipe(v.string(), v.regex(/^(\/.*|[^/]+)$/, 'must be a name or an absolute path'));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The annotations of a config.json that can change its domain. */
export const annotationNames = [
  'io.runx.memory_mib',
  'io.runx.memory_max_mib',
  'io.runx.vcpus',
  'io.runx.vcpus_max',
  'io.runx.domain_type',
  'io.runx.kernel_arguments',
  'io.runx.netconf',
] as const;

const configSchema = v.strictObject({
  /** Directory of the containers' state, unless --root says otherwise. */
  root: v.optional(absolutePath, '/run/runx'),
  /** Guest kernel of containers that bring none. */
  kernel: v.optional(absolutePath, join(libraryDirectory, 'kernel')),
  /** Base ramdisk of the guest. */
  ramdisk: v.optional(absolutePath, join(libraryDirectory, 'ramdisk')),
  /** The program that stands for a container on the host. */
  monitor: v.optional(absolutePath, join(libraryDirectory, 'runx-monitor')),
  /** The xl tool: a name on PATH or an absolute path. */
  xl: v.optional(program, 'xl'),
  /** The 9P server of root file systems; where there is none, xl's QEMU serves them. */
  diod: v.optional(program, 'diod'),
  /** Memory of a domain whose container sets no limit, in MiB. */
  memory_mib: v.optional(positive, 256),
  /** Virtual CPUs of a domain whose container sets no quota. */
  vcpus: v.optional(positive, 1),
  /** To what a domain can grow by update, in MiB; to no more than it was created with unless set. */
  memory_max_mib: v.optional(positive),
  /** Likewise its virtual CPUs. */
  vcpus_max: v.optional(positive),
  /** The annotations that are obeyed; some engines take them from the image. */
  annotations: v.optional(v.array(v.picklist(annotationNames)), []),
  /** Whether NETCONF in a process's env, which some engines take from the image, is obeyed. */
  netconf_env: v.optional(v.boolean(), true),
  /** For a container that wants the host's network: "refuse", "none" or a NETCONF. */
  host_network: v.optional(v.pipe(v.string(), v.minLength(1)), 'refuse'),
  /** The directories of CNI plugins. */
  cni_path: v.optional(v.array(absolutePath), ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni']),
  /** Directory of what must survive a reboot: the networks that containers are in. */
  data_root: v.optional(absolutePath, '/var/lib/runx'),
  /** xl.cfg(5) type of the domains. */
  domain_type: v.optional(v.picklist(['pv', 'pvh']), 'pv'),
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
