import { RunxError } from '../errors.ts';
import type { Mount } from '../oci/spec.ts';

/** One mount as initrd/process makes it; flags and propagation are those of mount(2). */
export interface GuestMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly flags: number;
  readonly propagation: number;
  readonly data: string;
  readonly copyUp: boolean;
  /** What is bound: a path in the ramdisk. */
  readonly bind?: string;
  /** The source is a disk of the domain. */
  readonly disk?: boolean;
}

// MS_REMOUNT, MS_BIND and MS_REC say what is done, and the guest knows that.
export const bindFlags = ~(32 | 4096 | 16384);

export const refuseOption = ({ destination }: Mount, option: string): never => {
  throw new RunxError(`mount ${destination}: option "${option}" is not supported`);
};
