import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../context.ts';
import { RunxError } from '../errors.ts';
import { ifThere } from '../host/files.ts';
import { waitForEnd } from '../host/process-identity.ts';
import { lastLines } from '../last-lines.ts';
import { containerDirectory } from './directory.ts';
import { parseContainerId } from './id.ts';
import { loadRecord } from './record.ts';

// The names are those in src/monitor/kept_output.c.
const newer = 'output';
const older = 'output.1';

const openKept = (file: string): Promise<FileHandle | undefined> => ifThere(file, open(file));

const isSameFile = async (one: FileHandle, other: FileHandle): Promise<boolean> =>
  (await one.stat()).ino === (await other.stat()).ino;

/** Opens the kept output of a container; the caller must close the file. */
export const openOutput = async ({ root }: Context, id: string): Promise<FileHandle> => {
  const file = await openKept(join(containerDirectory(root, id), newer));
  if (file !== undefined) return file;
  throw new RunxError(
    `container ${id} does not keep its output: create it with --keep-output (runx create, or runx run --detach)`,
  );
};

const readOlder = async (directory: string, file: FileHandle): Promise<Buffer> => {
  const before = await openKept(join(directory, older));
  if (before === undefined) return Buffer.alloc(0);
  try {
    // The monitor may have renamed the file that is already open.
    if (await isSameFile(before, file)) return Buffer.alloc(0);
    return await before.readFile();
  } finally {
    await before.close();
  }
};

/** Which part of a container's output `runx logs` prints. */
export interface LogsOptions {
  /** Continues until the container ends. */
  readonly follow: boolean;
  /** Starts with this many of the last lines; undefined for all lines. */
  readonly tail: number | undefined;
}

const pollMs = 100;

/** Writes the kept output of a container, byte for byte. */
export const showLogs = async (
  context: Context,
  idText: string,
  { follow, tail }: LogsOptions,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> => {
  const { root, log } = context;
  const id = parseContainerId(idText);
  const { monitor } = await loadRecord(root, id);
  const directory = containerDirectory(root, id);
  let file = await openOutput(context, id);
  try {
    const kept = Buffer.concat([await readOlder(directory, file), await file.readFile()]);
    await write(tail === undefined ? kept : lastLines(kept, tail));
    for (let ended = !follow; !ended;) {
      ended = await waitForEnd(monitor, pollMs, pollMs);
      // readFile() continues at the end of the previous read.
      await write(await file.readFile());
      const next = await openKept(join(directory, newer));
      if (next === undefined || (await isSameFile(next, file))) {
        await next?.close();
        continue;
      }
      await write(await file.readFile());
      const skipped = await readOlder(directory, file);
      if (skipped.length > 0)
        log.warn(`container ${id}: some output was overwritten before it was read`);
      await write(skipped);
      await file.close();
      file = next;
      await write(await file.readFile());
    }
  } finally {
    await file.close();
  }
};
