import { join } from 'node:path';

import type { Config } from '../config.ts';
import { type LastingRecord, lastingRecords } from '../host/lasting-records.ts';
import { type TypeOf, list, object, optional, pair, string } from '../shape.ts';

const attachmentShape = object({
  /** The name of the network. */
  network: string,
  /** The network configuration that the plugins get, as JSON. */
  configuration: string,
  ifName: string,
  args: list(pair(string, string)),
  /** The static address; missing if NETCONF named none. */
  address: optional(string),
});

/** The attachment of a container to one network. */
export type Attachment = TypeOf<typeof attachmentShape>;

/**
 * The records of the networks that containers are attached to.  A record is saved before the first
 * plugin is called, so that it survives a crash and a reboot.
 */
export const attachmentsOf = (config: Pick<Config, 'data_root'>) =>
  lastingRecords(join(config.data_root, 'attachments'), {
    /** CNI_CONTAINERID. */
    containerID: string,
    /** CNI_NETNS: the file to which the network namespace is bound until the last DEL. */
    netNS: string,
    attachments: list(attachmentShape),
  });

/** The record of one container: its attachments. */
export type Attachments = LastingRecord<{
  readonly containerID: string;
  readonly netNS: string;
  readonly attachments: readonly Attachment[];
}>;
