import { RunxError } from '../errors.ts';

// In the order of their numbers, asm-generic/resource.h.
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

/** The number of RLIMIT_NOFILE and so on, for setrlimit(2). */
export const parseRlimit = (type: string): number => {
  const number = names.findIndex((name) => `RLIMIT_${name}` === type);
  if (number === -1) throw new RunxError(`process.rlimits: unknown type "${type}"`);
  return number;
};
