import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { RunxError, hasCode, sentences } from '../errors.ts';
import { namesIn, readIfThere } from '../host/files.ts';
import { type Spec, parseSpec } from '../oci/spec.ts';
import { parseJson } from '../schema.ts';

const words = v.pipe(v.array(v.string()), v.readonly());

const interfaceSchema = v.object({
  name: v.string(),
  mac: v.string(),
  /** With the length of their prefix. */
  addresses: words,
});

const domainSchema = v.object({
  name: v.string(),
  uuid: v.string(),
  /** Missing until the domain is there: the container is still being created. */
  domid: v.optional(v.number()),
  /** What it has been told to use, and to what update can raise that. */
  memoryMiB: v.number(),
  maxMemoryMiB: v.number(),
  maxVcpus: v.number(),
  /** What its devices take of the memory. */
  forDevicesMiB: v.number(),
  /** Whether a ramdisk of the container's own runs in it, or a kernel without any. */
  ownGuest: v.optional(v.boolean(), false),
});

const recordSchema = v.object({
  version: v.literal(1),
  ociVersion: v.string(),
  id: v.string(),
  bundle: v.string(),
  rootfs: v.string(),
  created: v.string(),
  annotations: v.record(v.string(), v.string()),
  monitor: v.object({ pid: v.number(), startTime: v.string() }),
  /** Missing in the sandbox of a pod (sandbox.ts). */
  domain: v.optional(domainSchema),
  /** What the guest is told beside what is in the network namespace. */
  network: v.optional(v.object({ dhcp: words, resolv: words })),
  /** The domain's network interfaces; missing until it starts. */
  interfaces: v.optional(v.array(interfaceSchema)),
});

/** What runx keeps on disk of one container, in `<root>/<id>/state.json`. */
export type ContainerRecord = v.InferOutput<typeof recordSchema>;

/** What it keeps of the container's domain. */
export type DomainRecord = v.InferOutput<typeof domainSchema>;

/** The container's domain; that there is none is an error. */
export const domainOf = ({ id, domain }: ContainerRecord): DomainRecord => {
  if (domain !== undefined) return domain;
  throw new RunxError(sentences.isSandbox(id));
};

/** The directory of one container's state. */
export const containerDirectory = (root: string, id: string): string => join(root, id);

/** Writes the record so that a reader sees the old one or the new one, never half. */
export const saveRecord = async (root: string, record: ContainerRecord): Promise<void> => {
  const file = join(containerDirectory(root, record.id), 'state.json');
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
};

/** Reads a container's record; undefined when it has none (yet). */
export const findRecord = async (
  root: string,
  id: string,
): Promise<ContainerRecord | undefined> => {
  const file = join(containerDirectory(root, id), 'state.json');
  const text = await readIfThere(file);
  return text === undefined ? undefined : parseJson(recordSchema, text, file);
};

/** Reads a container's record; an unknown id is an error in runc's words. */
export const loadRecord = async (root: string, id: string): Promise<ContainerRecord> => {
  const record = await findRecord(root, id);
  if (record === undefined) throw new RunxError(sentences.doesNotExist);
  return record;
};

const specFile = (root: string, id: string): string =>
  join(containerDirectory(root, id), 'config.json');

/** Keeps the text of config.json as it was read: the bundle may change or go. */
export const saveSpec = (root: string, id: string, json: string): Promise<void> =>
  writeFile(specFile(root, id), json, { mode: 0o600 });

/** The config.json with which the container was created; undefined when none was kept (yet). */
export const loadSavedSpec = async (root: string, id: string): Promise<Spec | undefined> => {
  const file = specFile(root, id);
  const json = await readIfThere(file);
  return json === undefined ? undefined : parseSpec(json, file);
};

/** Remembers a process that was added, for as long as its monitor lives. */
export const saveExec = async (
  root: string,
  id: string,
  monitor: ContainerRecord['monitor'],
): Promise<void> => {
  const directory = join(containerDirectory(root, id), 'exec');
  await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  await writeFile(join(directory, String(monitor.pid)), monitor.startTime, { mode: 0o600 });
};

/** The processes that were added, some of which may have ended. */
export const listExecs = async (
  root: string,
  id: string,
): Promise<readonly ContainerRecord['monitor'][]> => {
  const execs: ContainerRecord['monitor'][] = [];
  const directory = join(containerDirectory(root, id), 'exec');
  for (const name of await namesIn(directory)) {
    const startTime = await readIfThere(join(directory, name));
    if (startTime !== undefined) execs.push({ pid: Number(name), startTime });
  }
  return execs;
};

const pathExists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const containerExists = (root: string, id: string): Promise<boolean> =>
  pathExists(containerDirectory(root, id));

/** The ids below `root`, in order. */
export const listContainers = async (root: string): Promise<readonly string[]> => {
  return (await namesIn(root)).toSorted();
};

export const removeContainer = async (root: string, id: string): Promise<void> => {
  const { remove } = (await import('fs-extra')).default;
  await remove(containerDirectory(root, id));
};

/**
 * Facts that are not in the record, each a file of its own: `creator`, the pid and the
 * start time of the runx that creates it; `hooked`, once the hooks of `create` begin;
 * `started`, once `start` has begun, and `unpaused`, once it has succeeded; `paused`; and
 * `killed-by`, the signal for which runx destroys the domain, which the monitor reads.
 */
export type Mark = 'creator' | 'hooked' | 'started' | 'unpaused' | 'paused' | 'killed-by';

/** Sets a mark; false when it was set before. */
export const setMark = async (
  root: string,
  id: string,
  mark: Mark,
  content = '',
): Promise<boolean> => {
  try {
    const file = await open(join(containerDirectory(root, id), mark), 'wx', 0o600);
    await file.writeFile(content);
    await file.close();
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // Deleted meanwhile.
    if (hasCode(error, 'ENOENT')) throw new RunxError(sentences.doesNotExist);
    throw error;
  }
};

export const readMark = (root: string, id: string, mark: Mark): Promise<string | undefined> =>
  readIfThere(join(containerDirectory(root, id), mark));

export const hasMark = (root: string, id: string, mark: Mark): Promise<boolean> =>
  pathExists(join(containerDirectory(root, id), mark));

export const removeMark = (root: string, id: string, mark: Mark): Promise<void> =>
  rm(join(containerDirectory(root, id), mark), { force: true });
