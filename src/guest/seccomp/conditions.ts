import {
  type Assembler,
  type Label,
  type Test,
  jumpEqual,
  jumpGreater,
  jumpGreaterEqual,
} from './bpf.ts';
import type { Comparison } from '../../oci/seccomp.ts';

type Operator = Comparison['op'];

/** What a rule asks of one argument of a system call. */
export interface Condition {
  readonly argument: number;
  readonly operator: Operator;
  readonly mask: bigint;
  readonly value: bigint;
}

const allBits = { 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn } as const;

/** The condition on as many bits of the argument as the architecture compares. */
export const makeCondition = (
  { index, op, value, valueTwo }: Comparison,
  bits: 32 | 64,
): Condition => {
  const all = allBits[bits];
  const masked = op === 'SCMP_CMP_MASKED_EQ';
  const mask = masked ? BigInt(value) & all : all;
  return {
    argument: index,
    operator: op,
    mask,
    value: BigInt(masked ? valueTwo : value) & mask,
  };
};

export const isSame = (a: Condition, b: Condition): boolean =>
  a.argument === b.argument &&
  a.operator === b.operator &&
  a.mask === b.mask &&
  a.value === b.value;

const priorities: Readonly<Record<Operator, number>> = {
  SCMP_CMP_EQ: 3,
  SCMP_CMP_MASKED_EQ: 3,
  SCMP_CMP_NE: 3,
  SCMP_CMP_LE: 2,
  SCMP_CMP_LT: 2,
  SCMP_CMP_GE: 1,
  SCMP_CMP_GT: 1,
};

const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const high = (value: bigint): number => Number(value >> 32n);

/** Whether libseccomp asks `a` before `b`, whatever the order of their rules. */
export const goesBefore = (a: Condition, b: Condition): boolean => {
  if (a.argument !== b.argument) return a.argument > b.argument;
  const [first, second] = [priorities[a.operator], priorities[b.operator]];
  if (first !== second) return first > second;
  // It sorts by the upper half, and by the lower one what has the same upper half.
  if (high(a.mask) !== high(b.mask)) return high(a.value) > high(b.value);
  return first === 2 ? a.value < b.value : a.value > b.value;
};

// struct seccomp_data: number, architecture, instruction pointer, then six arguments.
const offsetOf = (argument: number): number => 16 + 8 * argument;

// Each operator is one of three comparisons, or its opposite.
const negated: ReadonlySet<Operator> = new Set(['SCMP_CMP_NE', 'SCMP_CMP_LE', 'SCMP_CMP_LT']);
const greaterThan: Readonly<Partial<Record<Operator, Test>>> = {
  SCMP_CMP_GT: jumpGreater,
  SCMP_CMP_LE: jumpGreater,
  SCMP_CMP_GE: jumpGreaterEqual,
  SCMP_CMP_LT: jumpGreaterEqual,
};

/** Writes the condition; the program goes to `yes` where it holds, or else to `no`. */
export const assembleCondition = (
  assembler: Assembler,
  condition: Condition,
  bits: 32 | 64,
  { yes, no }: { readonly yes: Label; readonly no: Label },
): Label => {
  const { mask, operator, value } = condition;
  const offset = offsetOf(condition.argument);
  const word = (code: Test, equal: Label, different: Label): Label =>
    assembler.loadWord(offset, low(mask), assembler.test(code, low(value), equal, different));

  const equal = (same: Label, other: Label): Label => {
    const lower = low(mask) === 0 ? same : word(jumpEqual, same, other);
    if (high(mask) === 0) return lower;
    const upper = assembler.test(jumpEqual, high(value), lower, other);
    return assembler.loadWord(offset + 4, high(mask), upper);
  };
  const greater = (code: Test, more: Label, less: Label): Label => {
    const lower = word(code, more, less);
    if (bits === 32) return lower;
    const tie = assembler.test(jumpEqual, high(value), lower, less);
    const upper = assembler.test(jumpGreater, high(value), more, tie);
    return assembler.loadWord(offset + 4, 0xffff_ffff, upper);
  };

  const [hit, miss] = negated.has(operator) ? [no, yes] : [yes, no];
  const comparison = greaterThan[operator];
  return comparison === undefined ? equal(hit, miss) : greater(comparison, hit, miss);
};
