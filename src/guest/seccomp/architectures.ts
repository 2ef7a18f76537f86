import { RunxError } from '../../errors.ts';
import type { architectures } from '../../oci/seccomp.ts';

type Name = (typeof architectures)[number];

export interface Architecture {
  readonly name: Name;
  /** Its name in syscalls.json. */
  readonly column: string;
  /** seccomp_data.arch, an AUDIT_ARCH_* (linux/audit.h). */
  readonly audit: number;
  /** Bits of an argument that are compared; x32 has the registers of x86_64, libseccomp has 32. */
  readonly bits: 32 | 64;
  /** What is added to each number. */
  readonly base: number;
  /** Calls that are also reached through another one, by its first argument. */
  readonly multiplexed: ReadonlyMap<string, readonly [through: string, argument: number]>;
}

/** The bit that tells an x32 system call from one of x86_64. */
export const x32Bit = 0x4000_0000;

const numbered = (through: string, calls: Readonly<Record<string, number>>) =>
  Object.entries(calls).map(([name, number]) => [name, [through, number]] as const);

// linux/net.h and linux/ipc.h.
const multiplexed = new Map([
  ...numbered('socketcall', {
    socket: 1,
    bind: 2,
    connect: 3,
    listen: 4,
    accept: 5,
    getsockname: 6,
    getpeername: 7,
    socketpair: 8,
    send: 9,
    recv: 10,
    sendto: 11,
    recvfrom: 12,
    shutdown: 13,
    setsockopt: 14,
    getsockopt: 15,
    sendmsg: 16,
    recvmsg: 17,
    accept4: 18,
    recvmmsg: 19,
    sendmmsg: 20,
  }),
  ...numbered('ipc', {
    semop: 1,
    semget: 2,
    semctl: 3,
    semtimedop: 4,
    msgsnd: 11,
    msgrcv: 12,
    msgget: 13,
    msgctl: 14,
    shmat: 21,
    shmdt: 22,
    shmget: 23,
    shmctl: 24,
  }),
]);

const none = new Map<string, never>();

const x86_64 = 0xc000_003e;
const families: Readonly<Record<string, readonly Architecture[]>> = {
  x64: [
    {
      name: 'SCMP_ARCH_X86_64',
      column: 'x86_64',
      audit: x86_64,
      bits: 64,
      base: 0,
      multiplexed: none,
    },
    {
      name: 'SCMP_ARCH_X32',
      column: 'x32',
      audit: x86_64,
      bits: 32,
      base: x32Bit,
      multiplexed: none,
    },
    {
      name: 'SCMP_ARCH_X86',
      column: 'i386',
      audit: 0x4000_0003,
      bits: 32,
      base: 0,
      multiplexed,
    },
  ],
  arm64: [
    {
      name: 'SCMP_ARCH_AARCH64',
      column: 'aarch64',
      audit: 0xc000_00b7,
      bits: 64,
      base: 0,
      multiplexed: none,
    },
    {
      name: 'SCMP_ARCH_ARM',
      column: 'arm',
      audit: 0x4000_0028,
      bits: 32,
      base: 0,
      multiplexed: none,
    },
  ],
};

/**
 * The architectures that a filter for `machine` (as node names it) tells apart: its
 * own always, as with libseccomp, and those of `names` whose programs it can run.
 */
export const guestArchitectures = (
  machine: string,
  names: readonly string[],
): readonly Architecture[] => {
  const family = families[machine];
  if (family === undefined) throw new RunxError(`linux.seccomp: unknown machine "${machine}"`);
  return family.filter(({ name }, index) => index === 0 || names.includes(name));
};
