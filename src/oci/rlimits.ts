import { RunxError } from '../errors.ts';

// The index of a name is the number of the limit (asm-generic/resource.h).
const names = [
  'CPU',
  'FSIZE',
  'DATA',
  'STACK',
  'CORE',
  'RSS',
  'NPROC',
  'NOFILE',
  'MEMLOCK',
  'AS',
  'LOCKS',
  'SIGPENDING',
  'MSGQUEUE',
  'NICE',
  'RTPRIO',
  'RTTIME',
] as const;

/** Converts a name such as RLIMIT_NOFILE to its number for setrlimit(2). */
export const parseRlimit = (type: string): number => {
  const number = names.findIndex((name) => `RLIMIT_${name}` === type);
  if (number === -1) throw new RunxError(`process.rlimits: unknown type "${type}"`);
  return number;
};
