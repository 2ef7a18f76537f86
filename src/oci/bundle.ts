import { promises as fs } from 'node:fs';
import { join, resolve } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { openChosenFile } from '../host/chosen-file.ts';
import { bytesPerMiB } from '../units.ts';
import { type Spec, parseSpec } from './spec.ts';

/** A bundle (runtime-spec, bundle.md), as read from its directory. */
export interface Bundle {
  /** Absolute path of the bundle directory. */
  readonly path: string;
  readonly spec: Spec;
  /** The text of config.json. */
  readonly json: string;
  /** Absolute path of the container's root file system. */
  readonly rootfs: string;
}

const isDirectory = async (path: string, name: string): Promise<void> => {
  let found;
  try {
    found = await fs.stat(path);
  } catch (error) {
    throw new RunxError(
      hasCode(error, 'ENOENT')
        ? `${name} ${path} does not exist`
        : `${name} ${path}: ${messageOf(error)}`,
    );
  }
  if (!found.isDirectory()) throw new RunxError(`${name} ${path} is not a directory`);
};

// More than any engine writes; a parsed text takes several times its size in memory.
const maximumMiB = 16;

const readConfiguration = async (file: string): Promise<string> => {
  const refuse = (why: string): never => {
    throw new RunxError(`${file} ${why}`);
  };
  const handle = await openChosenFile(await fs.realpath(file), {
    refuse,
    look: ({ size }) => {
      if (size > maximumMiB * bytesPerMiB) refuse(`is larger than ${maximumMiB} MiB`);
    },
  });
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
};

/** Reads and parses the config.json of a bundle directory. */
export const loadBundle = async (directory: string): Promise<Bundle> => {
  const path = resolve(directory);
  await isDirectory(path, 'bundle');
  const file = join(path, 'config.json');
  let json: string;
  try {
    json = await readConfiguration(file);
  } catch (error) {
    if (error instanceof RunxError) throw error;
    if (hasCode(error, 'ENOENT')) {
      throw new RunxError(`${file} does not exist; to write one, run: runx spec --bundle ${path}`);
    }
    throw new RunxError(`${file}: ${messageOf(error)}`);
  }
  const spec = parseSpec(json, file);
  const rootfs = resolve(path, spec.root.path);
  await isDirectory(rootfs, 'rootfs');
  return { path, spec, json, rootfs };
};
