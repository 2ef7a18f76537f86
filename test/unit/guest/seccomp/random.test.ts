import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import { randomNumbers } from '../../../support/random-text.ts';
import { audit, filterOf, runFilter } from '../../../support/seccomp.ts';

interface Condition {
  readonly index: number;
  readonly op: string;
  readonly value: string;
  readonly valueTwo: string;
}

interface Rule {
  readonly name: string;
  readonly action: string;
  readonly args: readonly Condition[];
}

// Numbers on x86_64, i386, aarch64 and arm (asm/unistd.h of each).
const numbers = {
  x64: { read: 0, write: 1, ptrace: 101, keyctl: 250 },
  i386: { read: 3, write: 4, ptrace: 26, keyctl: 288 },
  arm64: { read: 63, write: 64, ptrace: 117, keyctl: 219 },
  arm: { read: 3, write: 4, ptrace: 26, keyctl: 311 },
} as const;
type Name = keyof (typeof numbers)['x64'];
const names: readonly Name[] = ['read', 'write', 'ptrace', 'keyctl'];

const values = [0, 1, 2, 5, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 5 * 2 ** 32]
  .map(BigInt)
  .concat(2n ** 63n, 2n ** 64n - 1n);
const actions: Readonly<Record<string, number>> = {
  SCMP_ACT_ALLOW: 0x7fff_0000,
  SCMP_ACT_ERRNO: 0x0005_0001,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
};

// config-linux.md's operators, as seccomp_rule_add(3) defines them.
const operators: Readonly<Record<string, (a: bigint, value: bigint, two: bigint) => boolean>> = {
  SCMP_CMP_NE: (a, value) => a !== value,
  SCMP_CMP_LT: (a, value) => a < value,
  SCMP_CMP_LE: (a, value) => a <= value,
  SCMP_CMP_EQ: (a, value) => a === value,
  SCMP_CMP_GE: (a, value) => a >= value,
  SCMP_CMP_GT: (a, value) => a > value,
  SCMP_CMP_MASKED_EQ: (a, value, two) => (a & value) === (two & value),
};

const holds = (
  { op, index, value, valueTwo }: Condition,
  args: readonly bigint[],
  bits: number,
) => {
  const cut = (number: bigint | undefined) => BigInt.asUintN(bits, number ?? 0n);
  return operators[op]?.(cut(args[index]), cut(BigInt(value)), cut(BigInt(valueTwo))) === true;
};

const matches = (rule: Rule, args: readonly bigint[], bits: number): boolean =>
  rule.args.every((condition) => holds(condition, args, bits));

const makeRandom = (t: TestContext) => {
  const next = randomNumbers(t);
  const pick = <T>(list: readonly T[]): T => {
    const found = list[next(list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  };
  const makeRule = (name: string, action: string): Rule => ({
    name,
    action,
    args: [0, 1, 2]
      .filter(() => next(2) === 0)
      .map((index) => ({
        index,
        op: pick(Object.keys(operators)),
        value: String(pick(values)),
        valueTwo: String(pick(values)),
      })),
  });
  return { next, pick, makeRule };
};

const targets = [
  { machine: 'x64', architecture: 'x64', audit: audit.x86_64, bits: 64 },
  { machine: 'x64', architecture: 'i386', audit: audit.i386, bits: 32 },
  { machine: 'arm64', architecture: 'arm64', audit: audit.aarch64, bits: 64 },
  { machine: 'arm64', architecture: 'arm', audit: audit.arm, bits: 32 },
] as const;

test('any call is decided as the rules of its name say, taken as alternatives', (t) => {
  const { next, pick, makeRule } = makeRandom(t);
  for (let round = 0; round < 400; round++) {
    const [defaultAction, ...others] = Object.keys(actions).toSorted(() => next(3) - 1);
    const actionOf = new Map(names.map((name) => [name, pick(others)]));
    const rules = Array.from({ length: next(12) }, () => {
      const name = pick(names);
      return makeRule(name, actionOf.get(name) ?? '');
    });
    const { machine, architecture, audit: arch, bits } = pick(targets);
    const filter = filterOf(
      {
        defaultAction,
        architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_ARM'],
        // keyctl comes last, so that no other call counts as newer than the profile.
        syscalls: [...rules, { name: 'keyctl', action: defaultAction, args: [] }].map(
          ({ name, action, args }) => ({ names: [name], action, args }),
        ),
      },
      machine,
    );
    for (let call = 0; call < 40; call++) {
      const name = pick(names);
      const args = [0, 1, 2].map(() => BigInt.asUintN(64, pick(values) + BigInt(next(3) - 1)));
      const rule = rules.find((one) => one.name === name && matches(one, args, bits));
      const { value } = runFilter(filter, {
        audit: arch,
        number: numbers[architecture][name],
        args,
      });
      assert.equal(
        value,
        actions[rule?.action ?? defaultAction ?? ''],
        JSON.stringify({ architecture, defaultAction, rules, name, args: args.map(String) }),
      );
    }
  }
});

test('where rules with different actions hold, one of them decides', (t) => {
  const { next, pick, makeRule } = makeRandom(t);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const rules = Array.from({ length: next(6) + 2 }, () =>
      makeRule('write', pick(Object.keys(actions))),
    );
    const syscalls = rules.map(({ name, action, args }) => ({ names: [name], action, args }));
    let filter;
    try {
      filter = filterOf({ defaultAction: 'SCMP_ACT_KILL', syscalls });
    } catch (error) {
      assert.match(String(error), /rules for write contradict each other/);
      refused++;
      continue;
    }
    for (let call = 0; call < 40; call++) {
      const args = [0, 1, 2].map(() => pick(values));
      const { value } = runFilter(filter, { audit: audit.x86_64, number: 1, args });
      const held = rules.filter((rule) => matches(rule, args, 64));
      const expected = held.length === 0 ? [0] : held.map(({ action }) => actions[action]);
      assert.ok(expected.includes(value), JSON.stringify({ rules, args: args.map(String), value }));
    }
  }
  assert.ok(refused < 200, `${refused} refused`);
});
