import { RunxError } from '../errors.ts';
import { bytesPerMiB } from '../units.ts';

// Measured in the testbed with a process that allocates all memory, in domains of 24 and 64 MiB;
// the shares with up to 1024 MiB.  The kernel, the ramdisk, init and a shell take this much:
const fixedMiB = 16;
// The kernel keeps a record of each page up to the maximum memory, which takes this share of it:
const recordsShare = 0.021;
// The kernel reserves this share of the current memory:
const reserveShare = 0.006;

/** The least memory with which the guest boots and runs a shell, in MiB. */
export const minimumMiB = 24;

const shareMiB = 1;
const interfaceMiB = 2;

/**
 * The guest memory, in MiB, that the rings of devices take: `shares` counts the 9P shares besides
 * the rootfs, `interfaces` the network interfaces.
 */
export const devicesMiB = (shares: number, interfaces: number): number =>
  shares * shareMiB + interfaces * interfaceMiB;

/**
 * The memory, in MiB, that a domain needs so that its processes can allocate `limitBytes`.
 * `maxMiB` is the maximum memory of the domain, `forDevicesMiB` the memory that devices take.
 */
export const memoryForLimit = (limitBytes: number, maxMiB = 0, forDevicesMiB = 0): number => {
  const neededMiB = limitBytes / bytesPerMiB + fixedMiB + forDevicesMiB;
  const alone = Math.max(minimumMiB, Math.ceil(neededMiB / (1 - recordsShare - reserveShare)));
  if (maxMiB <= alone) return alone;
  return Math.ceil((neededMiB + recordsShare * maxMiB) / (1 - reserveShare));
};

/** The inputs for the memory of a domain, in MiB where the name does not say bytes. */
export interface MemoryChoice {
  /** The memory limit of the container. */
  readonly limitBytes?: number | undefined;
  /** The value of the annotation io.runx.memory_mib, which overrides the limit. */
  readonly annotationMiB?: number | undefined;
  /** The memory of a domain whose container has neither a limit nor an annotation. */
  readonly defaultMiB: number;
  /** The configured maximum memory. */
  readonly maxMiB?: number | undefined;
  /** The memory that devices take. */
  readonly forDevicesMiB?: number | undefined;
}

/** Computes the initial and the maximum memory of a domain, in MiB. */
export const planMemory = ({
  limitBytes,
  annotationMiB,
  defaultMiB,
  maxMiB,
  forDevicesMiB = 0,
}: MemoryChoice): { readonly memoryMiB: number; readonly maxMemoryMiB: number } => {
  const memoryMiB =
    annotationMiB === undefined && limitBytes !== undefined
      ? memoryForLimit(limitBytes, maxMiB, forDevicesMiB)
      : (annotationMiB ?? defaultMiB);
  if (memoryMiB < minimumMiB) {
    throw new RunxError(
      `memory_mib = ${memoryMiB} is too small: the guest needs at least ${minimumMiB}`,
    );
  }
  return { memoryMiB, maxMemoryMiB: Math.max(memoryMiB, maxMiB ?? 0) };
};
