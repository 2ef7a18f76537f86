import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { type Spec, parseSpec } from './spec.ts';

/** A bundle as it was when the container was created. */
export interface Bundle {
  /** Absolute path of its directory. */
  readonly path: string;
  readonly spec: Spec;
  /** The text of its config.json. */
  readonly json: string;
  /** Absolute path of the container's root file system. */
  readonly rootfs: string;
}

const isDirectory = async (path: string, name: string): Promise<void> => {
  let found;
  try {
    found = await stat(path);
  } catch (error) {
    throw new RunxError(
      hasCode(error, 'ENOENT')
        ? `${name} ${path} does not exist`
        : `${name} ${path}: ${messageOf(error)}`,
    );
  }
  if (!found.isDirectory()) throw new RunxError(`${name} ${path} is not a directory`);
};

/** Reads a bundle directory (runtime-spec, bundle.md). */
export const loadBundle = async (directory: string): Promise<Bundle> => {
  const path = resolve(directory);
  await isDirectory(path, 'bundle');
  const file = join(path, 'config.json');
  let json: string;
  try {
    json = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      throw new RunxError(`${file} does not exist; write one with: runx spec --bundle ${path}`);
    }
    throw new RunxError(`${file}: ${messageOf(error)}`);
  }
  const spec = parseSpec(json, file);
  const rootfs = resolve(path, spec.root.path);
  await isDirectory(rootfs, 'rootfs');
  return { path, spec, json, rootfs };
};
