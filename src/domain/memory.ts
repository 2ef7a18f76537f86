import { RunxError } from '../errors.ts';
import { bytesPerMiB } from '../units.ts';

// Measured in the testbed, with domains of 40 to 1024 MiB and a process that
// allocates all it can get: the kernel, the ramdisk, init and a shell hold this much,
const fixedMiB = 29;
// the kernel keeps a record of each page that the domain has or can be given,
const recordsShare = 0.021;
// and holds back this part of what the domain has.
const reserveShare = 0.006;

/** The least memory with which the guest boots and runs a shell, in MiB. */
export const minimumMiB = 44;

const shareMiB = 1;
const interfaceMiB = 2;

/**
 * What the rings of devices take of the guest's memory, in MiB: of shares beside the
 * rootfs, and of network interfaces.
 */
export const devicesMiB = (shares: number, interfaces: number): number =>
  shares * shareMiB + interfaces * interfaceMiB;

/**
 * The memory, in MiB, of a domain whose process can have `limitBytes`; `maxMiB` is
 * the most that the domain can be given, `forDevicesMiB` what its devices take.
 */
export const memoryForLimit = (limitBytes: number, maxMiB = 0, forDevicesMiB = 0): number => {
  const neededMiB = limitBytes / bytesPerMiB + fixedMiB + forDevicesMiB;
  const alone = Math.ceil(neededMiB / (1 - recordsShare - reserveShare));
  if (maxMiB <= alone) return alone;
  return Math.ceil((neededMiB + recordsShare * maxMiB) / (1 - reserveShare));
};

/** The least limit that gives a domain its least memory. */
const leastLimitBytes = Array.from({ length: minimumMiB }, (_, mib) => mib * bytesPerMiB).find(
  (limit) => memoryForLimit(limit) >= minimumMiB,
);

/** What decides a domain's memory; all but the limit in MiB. */
export interface MemoryChoice {
  /** The container's limit. */
  readonly limitBytes?: number | undefined;
  /** What an annotation asks for; an annotation goes before the limit. */
  readonly annotationMiB?: number | undefined;
  /** What a container gets that says nothing. */
  readonly defaultMiB: number;
  /** To what the domain can grow. */
  readonly maxMiB?: number | undefined;
  /** What its devices take. */
  readonly forDevicesMiB?: number | undefined;
}

/** A domain's memory, and to what it can grow, in MiB. */
export const planMemory = ({
  limitBytes,
  annotationMiB,
  defaultMiB,
  maxMiB,
  forDevicesMiB = 0,
}: MemoryChoice): { readonly memoryMiB: number; readonly maxMemoryMiB: number } => {
  const limited = annotationMiB === undefined && limitBytes !== undefined;
  const memoryMiB = limited
    ? memoryForLimit(limitBytes, maxMiB, forDevicesMiB)
    : (annotationMiB ?? defaultMiB);
  checkMemory(memoryMiB, limited ? limitBytes : undefined);
  return { memoryMiB, maxMemoryMiB: Math.max(memoryMiB, maxMiB ?? 0) };
};

/** Refuses a memory with which the guest does not work, by the limit that led to it. */
export const checkMemory = (memoryMiB: number, limitBytes: number | undefined): void => {
  if (memoryMiB >= minimumMiB) return;
  throw new RunxError(
    limitBytes === undefined
      ? `memory_mib = ${memoryMiB} is too little: the guest needs ${minimumMiB}`
      : `memory limit of ${limitBytes} bytes is too little: the guest needs ${leastLimitBytes}`,
  );
};
