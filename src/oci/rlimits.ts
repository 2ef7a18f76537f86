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

// The names in /proc/PID/limits, in the same order.
const descriptions = [
  'cpu time',
  'file size',
  'data size',
  'stack size',
  'core file size',
  'resident set',
  'processes',
  'open files',
  'locked memory',
  'address space',
  'file locks',
  'pending signals',
  'msgqueue size',
  'nice priority',
  'realtime priority',
  'realtime timeout',
];

const unlimited = 2 ** 64;
// The guest's kernel refuses more (fs.nr_open); that of the host can allow more.
const maximumFiles = 1_048_576;

/** A limit as in process.rlimits. */
interface Rlimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

/** Parses the text of /proc/PID/limits (proc(5)); lines that it does not know are left out. */
export const parseProcessLimits = (text: string): readonly Rlimit[] =>
  text.split('\n').flatMap((line): Rlimit[] => {
    const [, what = '', ...values] =
      /^Max (\S+(?: \S+)*) +(\d+|unlimited) +(\d+|unlimited) /.exec(line) ?? [];
    const name = names[descriptions.indexOf(what)];
    if (name === undefined) return [];
    const most = name === 'NOFILE' ? maximumFiles : unlimited;
    const [soft = 0, hard = 0] = values.map((value) =>
      Math.min(most, value === 'unlimited' ? unlimited : Number(value)),
    );
    return [{ type: `RLIMIT_${name}`, soft, hard }];
  });
