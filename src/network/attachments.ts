import { join } from 'node:path';

import * as v from 'valibot';

import type { Config } from '../config.ts';
import { type LastingRecord, lastingRecords } from '../host/lasting-records.ts';

const attachmentSchema = v.object({
  /** The name of the network. */
  network: v.string(),
  /** The network configuration that the plugins get, as JSON. */
  configuration: v.string(),
  ifName: v.string(),
  args: v.array(v.tuple([v.string(), v.string()])),
  /** The static address; missing if NETCONF named none. */
  address: v.optional(v.string()),
});

/** The attachment of a container to one network. */
export type Attachment = v.InferOutput<typeof attachmentSchema>;

/**
 * The records of the networks that containers are attached to.  A record is saved before the first
 * plugin is called, so that it survives a crash and a reboot.
 */
export const attachmentsOf = (config: Pick<Config, 'data_root'>) =>
  lastingRecords(join(config.data_root, 'attachments'), {
    /** CNI_CONTAINERID. */
    containerID: v.string(),
    /** CNI_NETNS: the file to which the network namespace is bound until the last DEL. */
    netNS: v.string(),
    attachments: v.array(attachmentSchema),
  });

/** The record of one container: its attachments. */
export type Attachments = LastingRecord<{
  readonly containerID: string;
  readonly netNS: string;
  readonly attachments: readonly Attachment[];
}>;
