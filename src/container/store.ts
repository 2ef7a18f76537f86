import { access, mkdir, open, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { RunxError, hasCode, messageOf, sentences } from '../errors.ts';
import { type Spec, parseSpec } from '../oci/spec.ts';
import { describeIssue } from '../schema.ts';

const recordSchema = v.object({
  version: v.literal(1),
  ociVersion: v.string(),
  id: v.string(),
  bundle: v.string(),
  rootfs: v.string(),
  created: v.string(),
  annotations: v.record(v.string(), v.string()),
  monitor: v.object({ pid: v.number(), startTime: v.string() }),
  domain: v.object({
    name: v.string(),
    uuid: v.string(),
    /** Missing until the domain is there: the container is still being created. */
    domid: v.optional(v.number()),
  }),
});

/** What runx keeps on disk of one container, in `<root>/<id>/state.json`. */
export type ContainerRecord = v.InferOutput<typeof recordSchema>;

/** The directory of one container's state. */
const containerDirectory = (root: string, id: string): string => join(root, id);

/** Takes the id: only one caller can, and an id in use is left untouched. */
export const claimContainer = async (root: string, id: string): Promise<string> => {
  const directory = containerDirectory(root, id);
  try {
    const { ensureDir } = (await import('fs-extra')).default;
    await ensureDir(root, { mode: 0o700 });
  } catch (error) {
    throw new RunxError(`state directory ${root}: ${messageOf(error)}`);
  }
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new RunxError(sentences.exists);
    throw new RunxError(`state directory ${directory}: ${messageOf(error)}`);
  }
  return directory;
};

/** Writes the record so that a reader sees the old one or the new one, never half. */
export const saveRecord = async (root: string, record: ContainerRecord): Promise<void> => {
  const file = join(containerDirectory(root, record.id), 'state.json');
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
};

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new RunxError(`${file}: ${messageOf(error)}`);
  }
};

/** Reads a container's record; undefined when it has none (yet). */
export const findRecord = async (
  root: string,
  id: string,
): Promise<ContainerRecord | undefined> => {
  const file = join(containerDirectory(root, id), 'state.json');
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RunxError(`${file} is not JSON: ${messageOf(error)}`);
  }
  const result = v.safeParse(recordSchema, value);
  if (result.success) return result.output;
  throw new RunxError(`${file}: ${describeIssue(result.issues[0])}`);
};

/** Reads a container's record; an unknown id is an error in runc's words. */
export const loadRecord = async (root: string, id: string): Promise<ContainerRecord> => {
  const record = await findRecord(root, id);
  if (record === undefined) throw new RunxError(sentences.doesNotExist);
  return record;
};

const savedSpecFile = (root: string, id: string): string =>
  join(containerDirectory(root, id), 'config.json');

/** Keeps the configuration as it was when the container was created. */
export const saveSpec = async (root: string, id: string, json: string): Promise<void> => {
  await writeFile(savedSpecFile(root, id), json, { mode: 0o600 });
};

/** The configuration as it was when the container was created. */
export const loadSavedSpec = async (root: string, id: string): Promise<Spec> => {
  const file = savedSpecFile(root, id);
  const json = await readIfThere(file);
  if (json === undefined) throw new RunxError(`${file} is missing`);
  return parseSpec(json, file);
};

/** Remembers a process that was added, for as long as its monitor lives. */
export const saveExec = async (
  root: string,
  id: string,
  monitor: ContainerRecord['monitor'],
): Promise<void> => {
  const directory = join(containerDirectory(root, id), 'exec');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, String(monitor.pid)), monitor.startTime, { mode: 0o600 });
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
  try {
    return (await readdir(root)).toSorted();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new RunxError(`${root}: ${messageOf(error)}`);
  }
};

export const removeContainer = async (root: string, id: string): Promise<void> => {
  const { remove } = (await import('fs-extra')).default;
  await remove(containerDirectory(root, id));
};

/**
 * Facts that come after creation, each a file of its own: `started` (by one caller
 * only) and `killed-by`, the signal for which runx destroyed the domain, which the
 * monitor reads.
 */
export type Mark = 'started' | 'killed-by';

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
    throw error;
  }
};

export const hasMark = (root: string, id: string, mark: Mark): Promise<boolean> =>
  pathExists(join(containerDirectory(root, id), mark));
