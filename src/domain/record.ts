import { mkdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

import { RunxError, hasCode } from '../errors.ts';
import { namesIn, readIfThere, writeAtomically } from '../host/files.ts';
import {
  type TypeOf,
  dictionary,
  literal,
  number,
  object,
  oneOf,
  optional,
  readJson,
  string,
} from '../shape.ts';
import { domainTypes } from '../xen/domain-type.ts';
import { bootKinds } from './boot-kind.ts';

const sizeShape = object({
  /** The current memory target. */
  memoryMiB: number,
  /** The memory to which `runx update` can raise the target. */
  maxMemoryMiB: number,
  /** The current number of virtual CPUs. */
  vcpus: number,
  /** The number of virtual CPUs to which `runx update` can raise it. */
  maxVcpus: number,
  /** The part of the memory that devices take. */
  forDevicesMiB: number,
});

/** The owner of a domain; the domain ends when its owner ends. */
const ownerShape = object({
  kind: oneOf(['container', 'pod', 'pool']),
  id: string,
});

const domainShape = object({
  version: literal(1),
  /** The name of the domain in Xen, and of the directory of this record. */
  name: string,
  uuid: string,
  /** Missing until the domain exists. */
  domid: optional(number),
  type: oneOf(domainTypes),
  size: sizeShape,
  boot: oneOf(bootKinds),
  owner: ownerShape,
  /** The ids of the containers in the domain, by slot. */
  slots: dictionary(string),
});

/** The record of one domain, stored in `<root>/@domains/NAME/domain.json`. */
export type DomainRecord = TypeOf<typeof domainShape>;

/** The name and domid of an existing domain. */
export interface DomainName {
  readonly name: string;
  readonly domid: number;
}

// The id of a container cannot contain an "@".
const directoryName = '@domains';

/** The directory with the record of a domain, its xl.cfg and its own boot files. */
export const domainDirectory = (root: string, name: string): string =>
  join(root, directoryName, name);

/** Path of the domain configuration that xl reads. */
export const configFile = (root: string, name: string): string =>
  join(domainDirectory(root, name), 'xl.cfg');

const recordFile = (root: string, name: string): string =>
  join(domainDirectory(root, name), 'domain.json');

/** Saves the record of a domain, whose directory must exist. */
export const saveDomain = (root: string, record: DomainRecord): Promise<void> =>
  writeAtomically(recordFile(root, record.name), `${JSON.stringify(record, null, 2)}\n`, {
    mode: 0o600,
  });

/** Makes the directory of a new domain and saves the record. */
export const saveNewDomain = async (root: string, record: DomainRecord): Promise<void> => {
  mkdirSync(domainDirectory(root, record.name), { recursive: true, mode: 0o700 });
  await saveDomain(root, record);
};

/** Reads the record of a domain; undefined if there is no record. */
export const findDomain = async (root: string, name: string): Promise<DomainRecord | undefined> => {
  const file = recordFile(root, name);
  const text = await readIfThere(file);
  return text === undefined ? undefined : readJson(domainShape, text, file);
};

/** Reads the record of a domain; throws RunxError if there is no record. */
export const loadDomain = async (root: string, name: string): Promise<DomainRecord> => {
  const record = await findDomain(root, name);
  if (record !== undefined) return record;
  throw new RunxError(`${recordFile(root, name)} does not exist`);
};

/** The names of all domains with a directory below `root`, even if they have no valid record. */
export const listDomains = (root: string): Promise<readonly string[]> =>
  namesIn(join(root, directoryName));

/** Removes the directory of a domain, and the parent directory after the last one. */
export const removeDomain = async (root: string, name: string): Promise<void> => {
  rmSync(domainDirectory(root, name), { recursive: true, force: true });
  try {
    rmdirSync(join(root, directoryName));
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTEMPTY')) throw error;
  }
};
