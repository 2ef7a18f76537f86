import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import * as v from 'valibot';

import { RunxError, hasCode } from '../errors.ts';
import { namesIn, readIfThere, writeAtomically } from '../host/files.ts';
import { parseJson } from '../schema.ts';
import { domainTypes } from '../xen/domain-type.ts';
import { bootKinds } from './boot.ts';

const sizeSchema = v.object({
  /** What the domain has been told to use, and to what update can raise that. */
  memoryMiB: v.number(),
  maxMemoryMiB: v.number(),
  vcpus: v.number(),
  maxVcpus: v.number(),
  /** What its devices take of the memory. */
  forDevicesMiB: v.number(),
});

/** Who a domain belongs to, with whose end it ends. */
const ownerSchema = v.object({
  kind: v.picklist(['container', 'pod', 'pool']),
  id: v.string(),
});

const domainSchema = v.object({
  version: v.literal(1),
  /** The name in Xen, and that of the record's directory. */
  name: v.string(),
  uuid: v.string(),
  /** Missing until the domain is there. */
  domid: v.optional(v.number()),
  type: v.picklist(domainTypes),
  size: sizeSchema,
  boot: v.picklist(bootKinds),
  owner: ownerSchema,
  /** The containers in the domain: an id by slot. */
  slots: v.record(v.string(), v.string()),
});

/** What runx keeps on disk of one domain, in `<root>/@domains/NAME/domain.json`. */
export type DomainRecord = v.InferOutput<typeof domainSchema>;

/** What a domain that is there is called. */
export interface DomainName {
  readonly name: string;
  readonly domid: number;
}

// No id of a container has an "@".
const directoryName = '@domains';

/** Whether a name below the state directory is that of the domains, and not of a container. */
export const isDomainsDirectory = (name: string): boolean => name === directoryName;

/** The directory of one domain's record, with its xl.cfg and the files that it boots. */
export const domainDirectory = (root: string, name: string): string =>
  join(root, directoryName, name);

/** Path of the domain configuration that xl reads. */
export const configFile = (root: string, name: string): string =>
  join(domainDirectory(root, name), 'xl.cfg');

const recordFile = (root: string, name: string): string =>
  join(domainDirectory(root, name), 'domain.json');

/** Makes the directory of a new domain. */
export const makeDomainDirectory = async (root: string, name: string): Promise<void> => {
  await mkdir(domainDirectory(root, name), { recursive: true, mode: 0o700 });
};

/** Saves a domain's record, whose directory is there. */
export const saveDomain = (root: string, record: DomainRecord): Promise<void> =>
  writeAtomically(recordFile(root, record.name), `${JSON.stringify(record, null, 2)}\n`, {
    mode: 0o600,
  });

/** A domain's record; undefined when there is none. */
export const findDomain = async (root: string, name: string): Promise<DomainRecord | undefined> => {
  const file = recordFile(root, name);
  const text = await readIfThere(file);
  return text === undefined ? undefined : parseJson(domainSchema, text, file);
};

/** A domain's record; that there is none is an error. */
export const loadDomain = async (root: string, name: string): Promise<DomainRecord> => {
  const record = await findDomain(root, name);
  if (record !== undefined) return record;
  throw new RunxError(`${recordFile(root, name)} does not exist`);
};

/** The names of the domains that have a directory below `root`, whatever is in it. */
export const listDomains = (root: string): Promise<readonly string[]> =>
  namesIn(join(root, directoryName));

/** Removes all that is kept of a domain, and with the last one the directory of all. */
export const removeDomain = async (root: string, name: string): Promise<void> => {
  await rm(domainDirectory(root, name), { recursive: true, force: true });
  try {
    await rmdir(join(root, directoryName));
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTEMPTY')) throw error;
  }
};
