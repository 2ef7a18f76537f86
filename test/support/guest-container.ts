import { planMounts } from '../../src/guest/mounts.ts';
import type { GuestContainer } from '../../src/guest/record.ts';
import type { Process, Spec } from '../../src/oci/spec.ts';

/** A container with nothing of the host in it but its rootfs. */
export const guestContainer = (
  spec: Spec,
  process: Process,
  changes: Partial<GuestContainer> = {},
): GuestContainer => ({
  owner: 'container',
  spec,
  process,
  rootfs: [],
  mounts: planMounts(spec.mounts),
  seccomp: undefined,
  hasNetworks: false,
  hookState: '{}',
  ...changes,
});
