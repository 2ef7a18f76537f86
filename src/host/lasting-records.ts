import { basename, join } from 'node:path';

import { RunxError, messageOf } from '../errors.ts';
import { type Entries, type ObjectOf, literal, object, readJson, string } from '../shape.ts';
import {
  mayBeThere,
  namesIn,
  readIfThere,
  removeDrafts,
  removeFile,
  writeAtomically,
} from './files.ts';

/**
 * A name for a container that is unique on this host, under any --root.  It consists of the id, as
 * far as file names and CNI plugins accept it, and a hash of the state directory.
 */
export const lastingName = (stateDirectory: string): string => {
  const readable = basename(stateDirectory)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 40);
  // Most calls need no name, and this module takes 3 ms to load.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 8);
  return `runx-${readable}-${hash}`;
};

const ownerEntries = {
  version: literal(1),
  /** The state directory of the container; if this directory is gone, the container is gone. */
  directory: string,
};

/** A lasting record: it outlives the state directory of its container, and a reboot. */
export type LastingRecord<T> = T & { readonly version: 1; readonly directory: string };

/** The lasting records of one kind, in a directory below `data_root` of runx.toml. */
export interface LastingRecords<T> {
  readonly directory: string;
  /** Saves the record of a container and syncs it to the disk. */
  readonly save: (stateDirectory: string, content: T) => Promise<void>;
  /** Reads the record of a container; undefined if there is none. */
  readonly find: (stateDirectory: string) => Promise<LastingRecord<T> | undefined>;
  readonly remove: (stateDirectory: string) => Promise<void>;
  /**
   * Reads all records, sorted by name; calls `onDamaged` for each that cannot be read.  Removes the
   * drafts of writers that were killed.
   */
  readonly list: (onDamaged: (why: string) => void) => Promise<readonly LastingRecord<T>[]>;
  /** Reads the records of the containers that are gone. */
  readonly listLost: (onDamaged: (why: string) => void) => Promise<readonly LastingRecord<T>[]>;
}

const suffix = '.json';

/** Opens the lasting records in `directory`; `entries` is the shape of their content. */
export const lastingRecords = <const E extends Entries>(
  directory: string,
  entries: E,
): LastingRecords<ObjectOf<E>> => {
  type Content = ObjectOf<E>;
  const owner = object(ownerEntries);
  const content = object(entries);
  const fileOf = (stateDirectory: string): string =>
    join(directory, `${lastingName(stateDirectory)}${suffix}`);
  const load = async (file: string): Promise<LastingRecord<Content> | undefined> => {
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    return { ...readJson(content, text, file), ...readJson(owner, text, file) };
  };
  const list: LastingRecords<Content>['list'] = async (onDamaged) => {
    await removeDrafts(directory);
    const names = (await namesIn(directory)).filter((name) => name.endsWith(suffix));
    const records: LastingRecord<Content>[] = [];
    for (const name of names.toSorted()) {
      try {
        // The record is undefined if a concurrent delete has removed it.
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
    find: async (stateDirectory) =>
      (await namesIn(directory)).length === 0 ? undefined : load(fileOf(stateDirectory)),
    remove: async (stateDirectory) => {
      if ((await namesIn(directory)).length > 0) removeFile(fileOf(stateDirectory));
    },
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
