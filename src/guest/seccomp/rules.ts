import { RunxError } from '../../errors.ts';
import type { Architecture } from './architectures.ts';
import { type Condition, goesBefore, isSame, makeCondition } from './conditions.ts';
import type { Action, Comparison, Seccomp } from '../../oci/seccomp.ts';
import syscalls from './syscalls.json' with { type: 'json' };

/** A condition, and what follows where it holds: an action, or further conditions. */
interface Branch {
  readonly condition: Condition;
  outcome: Decision;
}

/** What becomes of a system call: an action's code, or the first branch that leads to one. */
export type Decision = number | Branch[];

export interface Plan {
  /** By number; what is not in it has the default action. */
  readonly decisions: ReadonlyMap<number, Decision>;
  /** The greatest number of those that the profile names. */
  readonly greatest: number | undefined;
}

// linux/seccomp.h, SECCOMP_RET_*.
const codes: Readonly<Record<Action, number>> = {
  SCMP_ACT_ALLOW: 0x7fff_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
};

const EPERM = 1;

/** What the kernel takes for an action: its code and, in the lower half, the errno. */
export const actionCode = (action: Action, errno?: number | null): number =>
  action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE'
    ? codes[action] + (errno ?? EPERM)
    : codes[action];

const rows: Readonly<Record<string, string>> = syscalls.numbers;

const numberOf = (name: string, { column, base }: Architecture): number | undefined => {
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  const number = row?.split(' ')[syscalls.columns.indexOf(column)];
  return number === undefined || number === '-' ? undefined : base + Number(number);
};

const numbersOf = (architecture: Architecture): readonly number[] =>
  Object.keys(rows).flatMap((name) => numberOf(name, architecture) ?? []);

/**
 * The gap above the newest call of the guest kernel: new calls have one number on all
 * architectures, and some have a range of their own above those.
 */
export const newCalls = (architecture: Architecture): { from: number; to: number | undefined } => {
  const newest = syscalls.newest + architecture.base;
  const above = numbersOf(architecture).filter((number) => number > newest);
  return { from: newest + 1, to: above.length === 0 ? undefined : Math.min(...above) };
};

const leadsOnlyTo = (decision: Decision, action: number): boolean =>
  typeof decision === 'number'
    ? decision === action
    : decision.every((branch) => leadsOnlyTo(branch.outcome, action));

/**
 * Adds a rule as libseccomp does: a shorter rule stands for all that begin like it, and
 * of branches that can hold at once some go first whatever the order of the rules.
 * False where two rules say different things of the same call.
 */
const addRule = (
  branches: Branch[],
  [condition, ...rest]: readonly Condition[],
  action: number,
): boolean => {
  if (condition === undefined) return true;
  const same = branches.find((branch) => isSame(branch.condition, condition));
  if (same !== undefined) {
    if (rest.length > 0)
      return typeof same.outcome === 'number' || addRule(same.outcome, rest, action);
    if (!leadsOnlyTo(same.outcome, action)) return false;
    same.outcome = action;
    return true;
  }
  const further: Branch[] = [];
  const branch = { condition, outcome: rest.length === 0 ? action : further };
  const place = branches.findIndex((other) => goesBefore(condition, other.condition));
  branches.splice(place === -1 ? branches.length : place, 0, branch);
  return addRule(further, rest, action);
};

// runc: conditions on one argument twice are alternatives, and so are then all others.
const alternatives = (args: readonly Comparison[]): readonly (readonly Comparison[])[] =>
  new Set(args.map(({ index }) => index)).size < args.length ? args.map((arg) => [arg]) : [args];

/** The calls that a name stands for: number, and the value of the first argument if there is one. */
const targets = (
  name: string,
  architecture: Architecture,
): readonly { readonly number: number; readonly call?: Comparison }[] => {
  const number = numberOf(name, architecture);
  const direct = number === undefined ? [] : [{ number }];
  const [through, argument] = architecture.multiplexed.get(name) ?? [];
  const multiplexer = through === undefined ? undefined : numberOf(through, architecture);
  if (multiplexer === undefined) return direct;
  const call = { index: 0, op: 'SCMP_CMP_EQ', value: String(argument), valueTwo: '0' } as const;
  return [{ number: multiplexer, call }, ...direct];
};

// Each takes an instruction or more, unless it says what another does.
const maximumConditional = 4096;

/** What a profile says of each system call of an architecture. */
export const planRules = (profile: Seccomp, architecture: Architecture): Plan => {
  const decisions = new Map<number, Decision>();
  let greatest: number | undefined;
  let conditional = 0;
  const nameCall = (number: number): void => {
    if (greatest === undefined || number > greatest) greatest = number;
  };
  const defaultCode = actionCode(
    profile.defaultAction ?? 'SCMP_ACT_ALLOW',
    profile.defaultErrnoRet,
  );

  const add = (name: string, number: number, args: readonly Comparison[], code: number): void => {
    const conditions = args
      .map((arg) => makeCondition(arg, architecture.bits))
      .filter(({ mask }) => mask !== 0n)
      .toSorted((a, b) => a.argument - b.argument);
    const decision = decisions.get(number);
    if (typeof decision === 'number') return;
    if (conditions.length === 0) {
      decisions.set(number, code);
      return;
    }
    conditional += 1;
    if (conditional > maximumConditional) {
      throw new RunxError(
        `config.json: linux.seccomp: more than ${maximumConditional} rules with arguments: the kernel takes no such filter`,
      );
    }
    const branches = decision ?? [];
    decisions.set(number, branches);
    if (!addRule(branches, conditions, code)) {
      throw new RunxError(`config.json: linux.seccomp: rules for ${name} contradict each other`);
    }
  };

  for (const { names, action, errnoRet, args } of profile.syscalls) {
    const code = actionCode(action, errnoRet);
    for (const name of names) {
      const number = numberOf(name, architecture);
      if (number !== undefined) nameCall(number);
      if (code === defaultCode) continue;
      for (const target of targets(name, architecture)) {
        for (const alternative of alternatives(args)) {
          const call = target.call;
          const own = call ? alternative.filter(({ index }) => index !== 0) : alternative;
          add(name, target.number, call ? [call, ...own] : own, code);
        }
      }
    }
  }
  for (const number of decisions.keys()) nameCall(number);
  return { decisions, greatest };
};
