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

// As the monitor names them (src/monitor/kept_output.c).
const newer = 'output';
const older = 'output.1';

const openKept = (file: string): Promise<FileHandle | undefined> => ifThere(file, open(file));

const isSameFile = async (one: FileHandle, other: FileHandle): Promise<boolean> =>
  (await one.stat()).ino === (await other.stat()).ino;

/** The output that is kept in a container's state directory; the caller closes it. */
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
    // The monitor has gone on to another file meanwhile.
    if (await isSameFile(before, file)) return Buffer.alloc(0);
    return await before.readFile();
  } finally {
    await before.close();
  }
};

/** Which part of a container's output is printed. */
export interface LogsOptions {
  /** Goes on until the container ends. */
  readonly follow: boolean;
  /** How many of the last lines that are there; all unless given. */
  readonly tail: number | undefined;
}

const pollMs = 100;

/** Gives the output that was kept, as it came. */
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
      // From where it was read to before.
      await write(await file.readFile());
      const next = await openKept(join(directory, newer));
      if (next === undefined || (await isSameFile(next, file))) {
        await next?.close();
        continue;
      }
      await write(await file.readFile());
      const skipped = await readOlder(directory, file);
      if (skipped.length > 0) log.warn(`some output of ${id} was gone before it was read`);
      await write(skipped);
      await file.close();
      file = next;
      await write(await file.readFile());
    }
  } finally {
    await file.close();
  }
};
