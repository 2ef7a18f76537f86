import * as v from 'valibot';

import { anyText, array, list } from './text.ts';

export const actions = [
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_LOG',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_TRAP',
] as const;

export const operators = [
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_LE',
  'SCMP_CMP_LT',
  'SCMP_CMP_MASKED_EQ',
  'SCMP_CMP_NE',
] as const;

/** Architectures of the programs that a guest can run. */
export const architectures = [
  'SCMP_ARCH_AARCH64',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_X32',
  'SCMP_ARCH_X86',
  'SCMP_ARCH_X86_64',
] as const;

// Other architectures of the specification; a guest cannot run their programs.
const foreignArchitectures = [
  'SCMP_ARCH_LOONGARCH64',
  'SCMP_ARCH_M68K',
  'SCMP_ARCH_MIPS',
  'SCMP_ARCH_MIPS64',
  'SCMP_ARCH_MIPS64N32',
  'SCMP_ARCH_MIPSEL',
  'SCMP_ARCH_MIPSEL64',
  'SCMP_ARCH_MIPSEL64N32',
  'SCMP_ARCH_PARISC',
  'SCMP_ARCH_PARISC64',
  'SCMP_ARCH_PPC',
  'SCMP_ARCH_PPC64',
  'SCMP_ARCH_PPC64LE',
  'SCMP_ARCH_RISCV64',
  'SCMP_ARCH_S390',
  'SCMP_ARCH_S390X',
  'SCMP_ARCH_SH',
  'SCMP_ARCH_SHEB',
] as const;

export const flags = [
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_TSYNC',
] as const;

const maximum = 2n ** 64n - 1n;

const oneOf = <const T extends readonly string[]>(names: T) =>
  v.picklist(names, ({ received }) => `${received} is not supported`);

// An unsigned 64-bit integer as decimal text, because JSON.parse rounds integers above 2^53.
const value = v.pipe(
  v.union([v.number(), v.string()]),
  v.transform(String),
  v.check(
    (text) => /^\d{1,20}$/.test(text) && BigInt(text) <= maximum,
    `must be an integer from 0 to ${maximum}`,
  ),
);

const errno = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff)));

const hasErrno = (action: string | null | undefined): boolean =>
  action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';

const syscallSchema = v.pipe(
  v.object({
    names: v.pipe(array(anyText), v.minLength(1, 'must name a system call')),
    action: oneOf(actions),
    errnoRet: errno,
    args: list(
      v.object({
        index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5)),
        value,
        valueTwo: v.nullish(value, '0'),
        op: oneOf(operators),
      }),
    ),
  }),
  v.check(
    ({ action, errnoRet }) => typeof errnoRet !== 'number' || hasErrno(action),
    ({ input }) => `errnoRet has no meaning with ${input.action}`,
  ),
);

/** linux.seccomp of config.json (runtime-spec, config-linux.md, "Seccomp"). */
export const seccompSchema = v.pipe(
  v.object({
    defaultAction: v.nullish(oneOf(actions)),
    defaultErrnoRet: errno,
    architectures: list(oneOf([...architectures, ...foreignArchitectures])),
    // As in runc, a missing list gives this default; an empty list stays empty.
    flags: v.nullish(v.array(oneOf(flags)), ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']),
    // For SCMP_ACT_NOTIFY, which is refused: a process on the host cannot listen in a domain.
    listenerPath: v.nullish(anyText, ''),
    listenerMetadata: v.nullish(anyText, ''),
    syscalls: list(syscallSchema),
  }),
  v.check(
    ({ defaultAction, syscalls }) => typeof defaultAction === 'string' || syscalls.length === 0,
    'defaultAction is missing',
  ),
  v.check(
    ({ defaultAction, defaultErrnoRet }) =>
      typeof defaultErrnoRet !== 'number' || hasErrno(defaultAction),
    ({ input }) => `defaultErrnoRet has no meaning with ${input.defaultAction ?? 'no action'}`,
  ),
  v.check(
    ({ listenerPath, listenerMetadata }) => listenerMetadata === '' || listenerPath !== '',
    'listenerMetadata is set without listenerPath',
  ),
);

export type Seccomp = v.InferOutput<typeof seccompSchema>;
export type Action = (typeof actions)[number];
export type Comparison = Seccomp['syscalls'][number]['args'][number];

/**
 * Puts the large integers of `value` and `valueTwo` in a JSON text into quotes, so that JSON.parse
 * does not round them.
 */
export const quoteLargeValues = (json: string): string =>
  json.replaceAll(/(?<!\\)("value(?:Two)?"\s*:\s*)(\d{16,})(?=\s*[,}])/g, '$1"$2"');
