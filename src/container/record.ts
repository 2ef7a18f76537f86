import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { RunxError, sentences } from '../errors.ts';
import { type DomainRecord, loadDomain } from '../domain/record.ts';
import { readIfThere, writeAtomically } from '../host/files.ts';
import type { ProcessIdentity } from '../host/process-identity.ts';
import type { Bundle } from '../oci/bundle.ts';
import { hookNames } from '../oci/hooks.ts';
import type { Spec } from '../oci/spec.ts';
import { ociVersion } from '../oci/version.ts';
import {
  type TypeOf,
  boolean,
  dictionary,
  list,
  literal,
  number,
  object,
  oneOf,
  optional,
  readJson,
  string,
  withDefault,
} from '../shape.ts';
import { containerDirectory } from './directory.ts';

const words = list(string);

const interfaceShape = object({
  name: string,
  mac: string,
  /** Addresses in CIDR notation. */
  addresses: words,
});

const recordShape = object({
  version: literal(2),
  ociVersion: string,
  id: string,
  bundle: string,
  rootfs: string,
  created: string,
  annotations: dictionary(string),
  /** The kinds of hooks that config.json has. */
  hooks: list(oneOf(hookNames)),
  /** `linux.cgroupsPath` of config.json. */
  cgroup: optional(string),
  /** Whether `create` has not finished. */
  creating: withDefault(boolean, false),
  /** The process that stands for the container on the host. */
  monitor: object({ pid: number, startTime: string }),
  /** The name of the domain; missing for the sandbox of a pod. */
  domain: optional(string),
  /** The slot in the domain; missing for the sandbox of a pod. */
  slot: optional(number),
  /** Settings for the guest that the network namespace does not hold; missing without NETCONF. */
  network: optional(object({ dhcp: words, resolv: words })),
  /** The network interfaces of the domain. */
  interfaces: optional(list(interfaceShape)),
  /** What the network namespace held when the domain got these (network/fingerprint.ts). */
  netns: optional(string),
});

/** The record of one container, stored in `<root>/<id>/state.json`. */
export type ContainerRecord = TypeOf<typeof recordShape>;

/** The record of a container or sandbox whose monitor has just started. */
export const newRecord = (
  id: string,
  { path, rootfs, spec }: Bundle,
  monitor: ProcessIdentity,
): ContainerRecord => ({
  version: 2,
  ociVersion,
  id,
  bundle: path,
  rootfs,
  created: new Date().toISOString(),
  annotations: spec.annotations,
  hooks: hookNames.filter((name) => spec.hooks[name].length > 0),
  ...(spec.linux.cgroupsPath ? { cgroup: spec.linux.cgroupsPath } : {}),
  creating: false,
  monitor,
});

/** Saves the record atomically. */
export const saveRecord = (root: string, record: ContainerRecord): Promise<void> =>
  writeAtomically(
    join(containerDirectory(root, record.id), 'state.json'),
    `${JSON.stringify(record, null, 2)}\n`,
    { mode: 0o600 },
  );

/** Reads the record of a container; undefined if there is no record (yet). */
export const findRecord = async (
  root: string,
  id: string,
): Promise<ContainerRecord | undefined> => {
  const file = join(containerDirectory(root, id), 'state.json');
  const text = await readIfThere(file);
  return text === undefined ? undefined : readJson(recordShape, text, file);
};

/** Reads the record of a container; throws RunxError, in runc's words, if there is no record. */
export const loadRecord = async (root: string, id: string): Promise<ContainerRecord> => {
  const record = await findRecord(root, id);
  if (record === undefined) throw new RunxError(sentences.doesNotExist);
  return record;
};

/** The domain and slot of a container. */
export interface Placement {
  readonly name: string;
  readonly slot: number;
}

/** The domain and slot of a container; throws RunxError for the sandbox of a pod. */
export const placementOf = ({ id, domain, slot }: ContainerRecord): Placement => {
  if (domain !== undefined && slot !== undefined) return { name: domain, slot };
  throw new RunxError(sentences.isSandbox(id));
};

/** Reads the record of a container's domain. */
export const loadDomainOf = (root: string, record: ContainerRecord): Promise<DomainRecord> =>
  loadDomain(root, placementOf(record).name);

const specFile = (root: string, id: string): string =>
  join(containerDirectory(root, id), 'config.json');

/** Keeps a copy of config.json, because the bundle may change or be removed. */
export const saveSpec = async (root: string, id: string, json: string): Promise<void> =>
  writeFileSync(specFile(root, id), json, { mode: 0o600 });

/** Reads the kept copy of config.json; undefined if there is no copy (yet). */
export const findSpec = async (root: string, id: string): Promise<Spec | undefined> => {
  const file = specFile(root, id);
  const json = await readIfThere(file);
  if (json === undefined) return undefined;
  const { parseSpec } = await import('../oci/spec.ts');
  return parseSpec(json, file);
};
