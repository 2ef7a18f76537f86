import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import * as v from 'valibot';

import { RunxError, messageOf } from '../errors.ts';
import { parseJson } from '../schema.ts';
import { mayBeThere, namesIn, readIfThere, writeAtomically } from './files.ts';

/**
 * A name for a container that no other container of this host has, whatever its --root: its id
 * as far as file names and CNI plugins take it, and a part of the hash of its state directory.
 */
export const lastingName = (stateDirectory: string): string => {
  const readable = basename(stateDirectory)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 40);
  const hash = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 8);
  return `runx-${readable}-${hash}`;
};

const ownerEntries = {
  version: v.literal(1),
  /** The container's state directory: when the directory is gone, so is the container. */
  directory: v.string(),
};

/** A record of something of a container's that outlives its state: networks, layers, mounts. */
export type LastingRecord<T> = T & { readonly version: 1; readonly directory: string };

/** The records of one kind, a file each in a directory below runx.toml's data_root. */
export interface LastingRecords<T> {
  readonly directory: string;
  /** Saves the record of the container with this state directory: on disk, so that a power cut does not lose it. */
  readonly save: (stateDirectory: string, content: T) => Promise<void>;
  /** The record of a container; undefined when it has none. */
  readonly find: (stateDirectory: string) => Promise<LastingRecord<T> | undefined>;
  readonly remove: (stateDirectory: string) => Promise<void>;
  /** All records in the order of their names; `onDamaged` hears of each that cannot be read. */
  readonly list: (onDamaged: (why: string) => void) => Promise<readonly LastingRecord<T>[]>;
  /** The records of containers that are gone. */
  readonly listLost: (onDamaged: (why: string) => void) => Promise<readonly LastingRecord<T>[]>;
}

const suffix = '.json';

/** The records of what outlives containers in `directory`, with `entries` beside the owner's. */
export const lastingRecords = <const E extends v.ObjectEntries>(
  directory: string,
  entries: E,
): LastingRecords<v.InferOutput<v.ObjectSchema<E, undefined>>> => {
  type Content = v.InferOutput<v.ObjectSchema<E, undefined>>;
  const owner = v.object(ownerEntries);
  const content = v.object(entries);
  const fileOf = (stateDirectory: string): string =>
    join(directory, `${lastingName(stateDirectory)}${suffix}`);
  const load = async (file: string): Promise<LastingRecord<Content> | undefined> => {
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    return { ...parseJson(content, text, file), ...parseJson(owner, text, file) };
  };
  const list: LastingRecords<Content>['list'] = async (onDamaged) => {
    const names = (await namesIn(directory)).filter((name) => name.endsWith(suffix));
    const records: LastingRecord<Content>[] = [];
    for (const name of names.toSorted()) {
      try {
        // The container's own delete may have removed it meanwhile.
        const record = await load(join(directory, name));
        if (record !== undefined) records.push(record);
      } catch (error) {
        onDamaged(messageOf(error));
      }
    }
    return records;
  };
  return {
    directory,
    save: async (stateDirectory, value) => {
      const file = fileOf(stateDirectory);
      const record = { version: 1, directory: stateDirectory, ...value };
      try {
        const { ensureDir } = (await import('fs-extra')).default;
        await ensureDir(directory, { mode: 0o700 });
        const text = `${JSON.stringify(record, null, 2)}\n`;
        await writeAtomically(file, text, { mode: 0o600, durable: true });
      } catch (error) {
        throw new RunxError(`${file}: ${messageOf(error)}`);
      }
    },
    find: (stateDirectory) => load(fileOf(stateDirectory)),
    remove: (stateDirectory) => rm(fileOf(stateDirectory), { force: true }),
    list,
    listLost: async (onDamaged) => {
      const lost: LastingRecord<Content>[] = [];
      for (const record of await list(onDamaged)) {
        if (!(await mayBeThere(record.directory))) lost.push(record);
      }
      return lost;
    },
  };
};
