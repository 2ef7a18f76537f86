import { RunxError } from '../../errors.ts';
import { type Architecture, guestArchitectures, x32Bit } from './architectures.ts';
import {
  type Assembler,
  type Label,
  jumpEqual,
  jumpGreaterEqual,
  makeAssembler,
  renderProgram,
} from './bpf.ts';
import { assembleCondition } from './conditions.ts';
import type { Seccomp } from '../../oci/seccomp.ts';
import { type Decision, actionCode, newCalls, planRules } from './rules.ts';

/** System calls from a number up to the next range's. */
interface Range {
  readonly from: number;
  readonly decision: Decision;
  readonly bits: 32 | 64;
}

const maximumInstructions = 4096;
const ENOSYS = 38;
const noSuchCall = actionCode('SCMP_ACT_ERRNO', ENOSYS);
// What libseccomp does with a call of an architecture that the profile does not list.
const badArchitecture = actionCode('SCMP_ACT_KILL_THREAD');

// linux/seccomp.h, SECCOMP_FILTER_FLAG_*; the helper has one thread, so none to synchronize.
const flagBits = {
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_TSYNC: 0,
} as const;

// Actions that let a program find out by itself that a call is not there.
const isPermissive = ({ defaultAction }: Seccomp): boolean =>
  defaultAction === 'SCMP_ACT_ALLOW' ||
  defaultAction === 'SCMP_ACT_LOG' ||
  defaultAction === 'SCMP_ACT_TRACE';

/**
 * The ranges of one architecture.  As with runc, calls newer than all that the profile
 * names, or than the guest kernel, do not exist: programs fall back to older ones.
 */
const rangesOf = (
  profile: Seccomp,
  architecture: Architecture,
  defaultCode: number,
): readonly Range[] => {
  const { base, bits } = architecture;
  const { decisions, greatest } = planRules(profile, architecture);
  const decided = new Map<number, Decision>([[base, defaultCode]]);
  for (const [number, decision] of decisions) {
    decided.set(number, decision);
    if (!decisions.has(number + 1)) decided.set(number + 1, defaultCode);
  }
  if (greatest !== undefined && !isPermissive(profile)) {
    const { from, to } = newCalls(architecture);
    if (to !== undefined && greatest >= to) {
      decided.set(from, noSuchCall);
      if (!decisions.has(to)) decided.set(to, defaultCode);
    }
    decided.set(greatest + 1, noSuchCall);
  }
  return [...decided].map(([from, decision]) => ({ from, decision, bits }));
};

/** All ranges below one AUDIT_ARCH, in order, none like the one before it. */
const joinRanges = (
  profile: Seccomp,
  architectures: readonly Architecture[],
  defaultCode: number,
): readonly Range[] => {
  const ranges = architectures.flatMap((one) => rangesOf(profile, one, defaultCode));
  if (architectures.length === 1 && architectures[0]?.name === 'SCMP_ARCH_X86_64') {
    // -1 is no call: a tracer has had this one skipped.
    ranges.push(
      { from: x32Bit, decision: badArchitecture, bits: 64 },
      { from: 0xffff_ffff, decision: defaultCode, bits: 64 },
    );
  }
  return ranges
    .toSorted((a, b) => a.from - b.from)
    .filter(({ decision }, index, all) => index === 0 || all[index - 1]?.decision !== decision);
};

const assembleDecision = (
  assembler: Assembler,
  { decision, bits }: Pick<Range, 'decision' | 'bits'>,
  otherwise: Label,
): Label =>
  typeof decision === 'number'
    ? assembler.ret(decision)
    : decision.reduceRight(
        (next, { condition, outcome }) =>
          assembleCondition(assembler, condition, bits, {
            yes: assembleDecision(assembler, { decision: outcome, bits }, next),
            no: next,
          }),
        otherwise,
      );

/** A binary search for the range of the call whose number is in the accumulator. */
const assembleSearch = (
  assembler: Assembler,
  ranges: readonly Range[],
  defaultCode: number,
): Label => {
  const middle = ranges[ranges.length >> 1];
  if (middle === undefined || ranges.length === 1) {
    const only = { decision: middle?.decision ?? defaultCode, bits: middle?.bits ?? 64 };
    const otherwise = typeof only.decision === 'number' ? 0 : assembler.ret(defaultCode);
    return assembleDecision(assembler, only, otherwise);
  }
  const above = assembleSearch(assembler, ranges.slice(ranges.length >> 1), defaultCode);
  const below = assembleSearch(assembler, ranges.slice(0, ranges.length >> 1), defaultCode);
  return assembler.test(jumpGreaterEqual, middle.from, above, below);
};

export interface SeccompFilter {
  /** An array of struct sock_filter. */
  readonly program: Buffer;
  /** Of seccomp(2). */
  readonly flags: number;
}

/** A profile as the filter program of a guest on `machine`, a name of process.arch. */
export const compileSeccomp = (profile: Seccomp, machine: string): SeccompFilter | undefined => {
  // runc takes a profile that says nothing for none.
  if (typeof profile.defaultAction !== 'string') return undefined;
  const defaultCode = actionCode(profile.defaultAction, profile.defaultErrnoRet);
  const architectures = guestArchitectures(machine, profile.architectures);
  const assembler = makeAssembler();
  const unknown = assembler.ret(badArchitecture);
  const searches = [...new Set(architectures.map(({ audit }) => audit))].map((audit) => {
    const ranges = joinRanges(
      profile,
      architectures.filter((one) => one.audit === audit),
      defaultCode,
    );
    const search = assembleSearch(assembler, ranges, defaultCode);
    return { audit, start: assembler.loadWord(0, 0xffff_ffff, search) };
  });
  const select = searches.reduceRight(
    (next, { audit, start }) => assembler.test(jumpEqual, audit, start, next),
    unknown,
  );
  assembler.loadWord(4, 0xffff_ffff, select);
  const program = assembler.instructions();
  if (program.length > maximumInstructions) {
    throw new RunxError(
      `config.json: linux.seccomp: the filter has ${program.length} instructions, but the kernel allows at most ${maximumInstructions}`,
    );
  }
  const flags = profile.flags.reduce((all, flag) => all | flagBits[flag], 0);
  return { program: renderProgram(program), flags };
};
