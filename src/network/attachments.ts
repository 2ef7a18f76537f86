import { join } from 'node:path';

import * as v from 'valibot';

import type { Config } from '../config.ts';
import { type LastingRecord, lastingRecords } from '../host/lasting-records.ts';

const attachmentSchema = v.object({
  /** The network's name and its configuration, as its plugins get it. */
  network: v.string(),
  configuration: v.string(),
  ifName: v.string(),
  args: v.array(v.tuple([v.string(), v.string()])),
  /** The static address, if one was asked for. */
  address: v.optional(v.string()),
});

/** A network that a container has been added to. */
export type Attachment = v.InferOutput<typeof attachmentSchema>;

/**
 * The networks that containers have been added to.  Saved before the first plugin is called, so
 * that neither a crash nor a reboot forgets them.
 */
export const attachmentsOf = (config: Pick<Config, 'data_root'>) =>
  lastingRecords(join(config.data_root, 'attachments'), {
    /** CNI_CONTAINERID. */
    containerID: v.string(),
    /** CNI_NETNS: where the network namespace is bound until its plugins are done with it. */
    netNS: v.string(),
    attachments: v.array(attachmentSchema),
  });

/** The networks of one container. */
export type Attachments = LastingRecord<{
  readonly containerID: string;
  readonly netNS: string;
  readonly attachments: readonly Attachment[];
}>;
