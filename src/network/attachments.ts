import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import * as v from 'valibot';

import { RunxError, messageOf } from '../errors.ts';
import { namesIn, readIfThere } from '../host/files.ts';
import { parseJson } from '../schema.ts';

const attachmentSchema = v.object({
  /** The network's name and its configuration, as its plugins get it. */
  network: v.string(),
  configuration: v.string(),
  ifName: v.string(),
  args: v.array(v.tuple([v.string(), v.string()])),
  /** The static address, if one was asked for. */
  address: v.optional(v.string()),
});

const attachmentsSchema = v.object({
  version: v.literal(1),
  /** The container's state directory: with it gone, so is the container. */
  directory: v.string(),
  /** CNI_CONTAINERID. */
  containerID: v.string(),
  /** CNI_NETNS: where the network namespace is bound, until it is over with it. */
  netNS: v.string(),
  attachments: v.array(attachmentSchema),
});

export type Attachment = v.InferOutput<typeof attachmentSchema>;

/**
 * The networks a container has been added to.  Saved before the first plugin is called
 * and outside of the state, so that neither a crash nor a reboot forgets them.
 */
export type Attachments = v.InferOutput<typeof attachmentsSchema>;

/** CNI_CONTAINERID of a container: its id as far as plugins take it, and what makes it unique. */
export const containerIDOf = (directory: string): string => {
  const readable = basename(directory)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 40);
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 8);
  return `runx-${readable}-${hash}`;
};

const directoryOf = (dataRoot: string): string => join(dataRoot, 'attachments');

const fileOf = (dataRoot: string, containerID: string): string =>
  join(directoryOf(dataRoot), `${containerID}.json`);

/** Writes them so that a reader sees the old ones or the new ones, also after a power cut. */
export const saveAttachments = async (
  dataRoot: string,
  attachments: Attachments,
): Promise<void> => {
  const file = fileOf(dataRoot, attachments.containerID);
  try {
    const { ensureDir } = (await import('fs-extra')).default;
    await ensureDir(directoryOf(dataRoot), { mode: 0o700 });
    await writeFile(`${file}.new`, `${JSON.stringify(attachments, null, 2)}\n`, {
      mode: 0o600,
      flush: true,
    });
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new RunxError(`${file}: ${messageOf(error)}`);
  }
};

/** Those of the container with this state directory; undefined when it has none. */
export const findAttachments = async (
  dataRoot: string,
  directory: string,
): Promise<Attachments | undefined> => {
  const file = fileOf(dataRoot, containerIDOf(directory));
  const text = await readIfThere(file);
  return text === undefined ? undefined : parseJson(attachmentsSchema, text, file);
};

export const removeAttachments = (dataRoot: string, { containerID }: Attachments): Promise<void> =>
  rm(fileOf(dataRoot, containerID), { force: true });

/** Those of all containers; a file that cannot be read is told to `onDamaged`. */
export const listAttachments = async (
  dataRoot: string,
  onDamaged: (why: string) => void,
): Promise<readonly Attachments[]> => {
  const directory = directoryOf(dataRoot);
  const all: Attachments[] = [];
  for (const name of (await namesIn(directory)).toSorted()) {
    if (!name.endsWith('.json')) continue;
    const file = join(directory, name);
    try {
      const text = await readIfThere(file);
      // The container's own delete may have removed it meanwhile.
      if (text !== undefined) all.push(parseJson(attachmentsSchema, text, file));
    } catch (error) {
      onDamaged(messageOf(error));
    }
  }
  return all;
};
