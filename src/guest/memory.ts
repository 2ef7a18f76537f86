import { RunxError } from '../errors.ts';

const bytesPerMiB = 1024 * 1024;

/** What the guest's kernel and ramdisk take for themselves, in MiB. */
export const overheadMiB = 40;

/** The least memory with which the guest boots and runs a shell, in MiB. */
export const minimumMiB = 56;

/**
 * The domain's memory: the container's limit, in bytes, on top of what the guest
 * itself takes, or the default.  Zero and negative limits mean none, as docker
 * writes them.
 */
export const planMemoryMiB = (
  limitBytes: number | null | undefined,
  defaultMiB: number,
): number => {
  const hasLimit = typeof limitBytes === 'number' && limitBytes > 0;
  const memoryMiB = hasLimit ? Math.ceil(limitBytes / bytesPerMiB) + overheadMiB : defaultMiB;
  if (memoryMiB < minimumMiB) {
    throw new RunxError(
      hasLimit
        ? `memory limit of ${limitBytes} bytes is too little: the guest needs ${(minimumMiB - overheadMiB) * bytesPerMiB}`
        : `memory_mib = ${defaultMiB} is too little: the guest needs ${minimumMiB}`,
    );
  }
  return memoryMiB;
};
