import * as v from 'valibot';

const integer = v.pipe(v.number(), v.integer());
const nanoseconds = v.nullish(v.pipe(integer, v.minValue(0)), 0);

// linux/ioprio.h
const ioClasses = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const;
const ioClassShift = 13;

/** `process.ioPriority`, converted to the argument of ioprio_set(2). */
export const ioPrioritySchema = v.pipe(
  v.object({
    class: v.picklist(['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE']),
    priority: v.nullish(v.pipe(integer, v.minValue(0), v.maxValue(7)), 0),
  }),
  v.transform((value) => (ioClasses[value.class] << ioClassShift) | value.priority),
);

// linux/sched.h
const policies = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
} as const;
const schedulerFlags = {
  SCHED_FLAG_RESET_ON_FORK: 1,
  SCHED_FLAG_RECLAIM: 2,
  SCHED_FLAG_DL_OVERRUN: 4,
  SCHED_FLAG_KEEP_POLICY: 8,
  SCHED_FLAG_KEEP_PARAMS: 16,
  SCHED_FLAG_UTIL_CLAMP_MIN: 32,
  SCHED_FLAG_UTIL_CLAMP_MAX: 64,
} as const;

const namesOf = <T extends object>(table: T) =>
  v.picklist(Object.keys(table).filter((name): name is keyof T & string => name in table));

/** `process.scheduler`, converted to the values of sched_setattr(2); times in nanoseconds. */
export const schedulerSchema = v.pipe(
  v.object({
    policy: namesOf(policies),
    nice: v.nullish(v.pipe(integer, v.minValue(-20), v.maxValue(19)), 0),
    priority: v.nullish(v.pipe(integer, v.minValue(0), v.maxValue(99)), 0),
    flags: v.nullish(v.array(namesOf(schedulerFlags)), []),
    runtime: nanoseconds,
    deadline: nanoseconds,
    period: nanoseconds,
  }),
  v.transform(({ policy, flags, ...rest }) => ({
    policy: policies[policy],
    flags: flags.reduce((sum, name) => sum | schedulerFlags[name], 0),
    ...rest,
  })),
);

/** `linux.personality`, converted to the argument of personality(2). */
export const personalitySchema = v.pipe(
  v.object({
    domain: v.picklist(['LINUX', 'LINUX32']),
    flags: v.nullish(
      v.pipe(v.array(v.string()), v.maxLength(0, 'must be empty: no flags are defined')),
    ),
  }),
  v.transform(({ domain }) => (domain === 'LINUX32' ? 8 : 0)),
);
