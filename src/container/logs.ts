import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

import { RunxError } from '../errors.ts';
import { ifThere } from '../host/files.ts';
import { waitForMonitor } from '../monitor/container-monitor.ts';
import { parseContainerId } from './id.ts';
import type { Context } from './context.ts';
import { containerDirectory, loadRecord } from './record.ts';

const newline = 0x0a;

/** The last lines of a text, of which the last need have no end. */
export const lastLines = (bytes: Buffer, count: number): Buffer => {
  let start = bytes.length;
  for (let left = count; left > 0 && start > 0; left -= 1) {
    start = bytes.subarray(0, start - 1).lastIndexOf(newline) + 1;
  }
  return bytes.subarray(start);
};

// As the monitor names them (src/monitor/keep.h).
const newer = 'output';
const older = 'output.1';

const openIfThere = (file: string): Promise<FileHandle | undefined> => ifThere(file, open(file));

const isSame = async (one: FileHandle, other: FileHandle): Promise<boolean> =>
  (await one.stat()).ino === (await other.stat()).ino;

/** The output of a container that is kept in its state directory; it is closed by the caller. */
export const openOutput = async ({ root }: Context, id: string): Promise<FileHandle> => {
  const file = await openIfThere(join(containerDirectory(root, id), newer));
  if (file !== undefined) return file;
  throw new RunxError(
    `container ${id} does not keep its output: create it with --keep-output (runx create, or runx run --detach)`,
  );
};

const readOlder = async (directory: string, file: FileHandle): Promise<Buffer> => {
  const before = await openIfThere(join(directory, older));
  if (before === undefined) return Buffer.alloc(0);
  try {
    // The monitor has gone on to another file meanwhile.
    if (await isSame(before, file)) return Buffer.alloc(0);
    return await before.readFile();
  } finally {
    await before.close();
  }
};

/** What is printed of a container's output. */
export interface OutputOptions {
  /** Goes on until the container ends. */
  readonly follow: boolean;
  /** So many of the lines that are there; all unless given. */
  readonly tail: number | undefined;
}

const pollMs = 100;

/** Gives the output that was kept, as it came. */
export const showOutput = async (
  context: Context,
  idText: string,
  { follow, tail }: OutputOptions,
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
      ended = await waitForMonitor(monitor, pollMs, pollMs);
      // From where it was read to before.
      await write(await file.readFile());
      const next = await openIfThere(join(directory, newer));
      if (next === undefined || (await isSame(next, file))) {
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
