import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { RunxError, sentences } from '../errors.ts';
import { type DomainRecord, loadDomain } from '../domain/record.ts';
import { readIfThere, writeAtomically } from '../host/files.ts';
import { type Spec, parseSpec } from '../oci/spec.ts';
import { parseJson } from '../schema.ts';
import { containerDirectory } from './directory.ts';

const words = v.pipe(v.array(v.string()), v.readonly());

const interfaceSchema = v.object({
  name: v.string(),
  mac: v.string(),
  /** With the length of their prefix. */
  addresses: words,
});

const recordSchema = v.object({
  version: v.literal(2),
  ociVersion: v.string(),
  id: v.string(),
  bundle: v.string(),
  rootfs: v.string(),
  created: v.string(),
  annotations: v.record(v.string(), v.string()),
  /** Whether `create` has not come to its end. */
  creating: v.optional(v.boolean(), false),
  /** The process that stands for the container on the host. */
  monitor: v.object({ pid: v.number(), startTime: v.string() }),
  /** The name of its domain; missing in the sandbox of a pod (sandbox.ts). */
  domain: v.optional(v.string()),
  /** Its number in the domain. */
  slot: v.optional(v.number()),
  /** What the guest is told beside what is in the network namespace. */
  network: v.optional(v.object({ dhcp: words, resolv: words })),
  /** The domain's network interfaces; missing until it starts. */
  interfaces: v.optional(v.array(interfaceSchema)),
});

/** What runx keeps on disk of one container, in `<root>/<id>/state.json`. */
export type ContainerRecord = v.InferOutput<typeof recordSchema>;

/** Writes the record so that a reader sees the old one or the new one, never a part. */
export const saveRecord = (root: string, record: ContainerRecord): Promise<void> =>
  writeAtomically(
    join(containerDirectory(root, record.id), 'state.json'),
    `${JSON.stringify(record, null, 2)}\n`,
    { mode: 0o600 },
  );

/** A container's record; undefined when the container has none, or none yet. */
export const findRecord = async (
  root: string,
  id: string,
): Promise<ContainerRecord | undefined> => {
  const file = join(containerDirectory(root, id), 'state.json');
  const text = await readIfThere(file);
  return text === undefined ? undefined : parseJson(recordSchema, text, file);
};

/** A container's record; an unknown id is an error in runc's words. */
export const loadRecord = async (root: string, id: string): Promise<ContainerRecord> => {
  const record = await findRecord(root, id);
  if (record === undefined) throw new RunxError(sentences.doesNotExist);
  return record;
};

/** A container's place in a domain. */
export interface Placement {
  readonly name: string;
  readonly slot: number;
}

/** The container's domain and slot; an error for the sandbox of a pod, which has none. */
export const placementOf = ({ id, domain, slot }: ContainerRecord): Placement => {
  if (domain !== undefined && slot !== undefined) return { name: domain, slot };
  throw new RunxError(sentences.isSandbox(id));
};

/** The record of the container's domain. */
export const loadDomainOf = (root: string, record: ContainerRecord): Promise<DomainRecord> =>
  loadDomain(root, placementOf(record).name);

const specFile = (root: string, id: string): string =>
  join(containerDirectory(root, id), 'config.json');

/** Keeps the text of config.json as it was read: the bundle may change or go. */
export const saveSpec = (root: string, id: string, json: string): Promise<void> =>
  writeFile(specFile(root, id), json, { mode: 0o600 });

/** The config.json with which the container was created; undefined when none was kept, or none yet. */
export const findSpec = async (root: string, id: string): Promise<Spec | undefined> => {
  const file = specFile(root, id);
  const json = await readIfThere(file);
  return json === undefined ? undefined : parseSpec(json, file);
};
