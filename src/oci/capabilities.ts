// The index of a name is the number of the capability (linux/capability.h).
const names = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

const numbers: ReadonlyMap<string, number> = new Map(
  names.map((name, number) => [`CAP_${name}`, number]),
);

const numberOf = (name: string): number => numbers.get(name.toUpperCase()) ?? -1;

/**
 * Converts names such as CAP_CHOWN (capabilities(7)) to a bit mask.  Unknown names are left out,
 * because an unknown capability cannot be granted.
 */
export const parseCapabilities = (set: readonly string[]): bigint =>
  set
    .map(numberOf)
    .filter((number) => number !== -1)
    .reduce((mask, number) => mask | (1n << BigInt(number)), 0n);

/** The names in a set that are not names of capabilities. */
export const unknownCapabilities = (set: readonly string[]): readonly string[] =>
  set.filter((name) => numberOf(name) === -1);

/** The names of all capabilities, as `runx features` lists them. */
export const capabilityNames: readonly string[] = names.map((name) => `CAP_${name}`);
