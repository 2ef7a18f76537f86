import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../../src/errors.ts';
import { compileSeccomp } from '../../../../src/guest/seccomp/compile.ts';
import { audit, filterOf, verdictOf } from '../../../support/seccomp.ts';
import { specWith } from '../../../support/spec.ts';

// Numbers of x86_64 (asm/unistd_64.h) unless they say otherwise.
const read = 0;
const write = 1;
const keyctl = 250;

const x86_64 = (number: number, ...args: bigint[]) => ({ audit: audit.x86_64, number, args });
const i386 = (number: number, ...args: bigint[]) => ({ audit: audit.i386, number, args });

const rule = (
  names: string | string[],
  action: string,
  args: object[] = [],
  extra: object = {},
) => ({
  names: [names].flat(),
  action: `SCMP_ACT_${action}`,
  args,
  ...extra,
});

const condition = (index: number, op: string, value: number | string, valueTwo?: number) => ({
  index,
  op: `SCMP_CMP_${op}`,
  value,
  valueTwo,
});

const profile = (defaultAction: string, syscalls: object[], extra: object = {}) => ({
  defaultAction: `SCMP_ACT_${defaultAction}`,
  syscalls,
  ...extra,
});

const actions: readonly [action: string, errnoRet: number | undefined, verdict: string][] = [
  ['ALLOW', undefined, 'allow'],
  ['ERRNO', undefined, 'errno 1'],
  ['ERRNO', 13, 'errno 13'],
  ['ERRNO', 0, 'errno 0'],
  ['TRACE', undefined, 'trace 1'],
  ['TRACE', 7, 'trace 7'],
  ['LOG', undefined, 'log'],
  ['TRAP', undefined, 'trap'],
  ['KILL', undefined, 'kill thread'],
  ['KILL_THREAD', undefined, 'kill thread'],
  ['KILL_PROCESS', undefined, 'kill process'],
];
for (const [action, errnoRet, verdict] of actions) {
  test(`SCMP_ACT_${action} of a system call with errnoRet ${errnoRet} is: ${verdict}`, () => {
    const other = action === 'LOG' ? 'ALLOW' : 'LOG';
    const filter = filterOf(profile(other, [rule('write', action, [], { errnoRet })]));
    assert.equal(verdictOf(filter, x86_64(write)), verdict);
    assert.equal(verdictOf(filter, x86_64(read)), other.toLowerCase());
  });
  test(`SCMP_ACT_${action} as default with defaultErrnoRet ${errnoRet} is: ${verdict}`, () => {
    const filter = filterOf(profile(action, [], { defaultErrnoRet: errnoRet }));
    assert.equal(verdictOf(filter, x86_64(write)), verdict);
  });
}

const big = 2n ** 32n;
// The value compared with is 2^32 + 5: both halves of an argument count.
const operators: readonly [op: string, holds: bigint[], fails: bigint[]][] = [
  ['EQ', [big + 5n], [5n, big, big + 6n, 2n * big + 5n]],
  ['NE', [5n, big, 2n * big + 5n], [big + 5n]],
  ['LT', [0n, 6n, big + 4n], [big + 5n, big + 6n, 2n * big]],
  ['LE', [0n, 6n, big + 5n], [big + 6n, 2n * big]],
  ['GE', [big + 5n, big + 6n, 2n * big], [6n, big + 4n]],
  ['GT', [big + 6n, 2n * big, 2n ** 64n - 1n], [6n, big + 5n]],
];
for (const [op, holds, fails] of operators) {
  test(`SCMP_CMP_${op} compares 64 bits`, () => {
    const args = [condition(5, op, 2 ** 32 + 5)];
    const filter = filterOf(profile('ERRNO', [rule('write', 'ALLOW', args)]));
    const verdict = (value: bigint) => verdictOf(filter, x86_64(write, 0n, 0n, 0n, 0n, 0n, value));
    for (const value of holds) assert.equal(verdict(value), 'allow', String(value));
    for (const value of fails) assert.equal(verdict(value), 'errno 1', String(value));
  });
}

test('SCMP_CMP_MASKED_EQ compares the bits of the mask alone', () => {
  const args = [condition(0, 'MASKED_EQ', 2 ** 32 + 0xf0, 0x35)];
  const filter = filterOf(profile('ERRNO', [rule('write', 'ALLOW', args)]));
  const verdict = (value: bigint) => verdictOf(filter, x86_64(write, value));
  for (const value of [0x30n, 0x3fn, 2n * big + 0x30n]) assert.equal(verdict(value), 'allow');
  for (const value of [0x40n, 0n, big + 0x30n]) assert.equal(verdict(value), 'errno 1');
});

test('conditions on several arguments hold together, rules for one call as alternatives', () => {
  const filter = filterOf(
    profile('ERRNO', [
      rule('write', 'ALLOW', [condition(0, 'EQ', 1), condition(2, 'LT', 10)]),
      rule('write', 'ALLOW', [condition(0, 'EQ', 7)]),
    ]),
  );
  assert.equal(verdictOf(filter, x86_64(write, 1n, 0n, 9n)), 'allow');
  assert.equal(verdictOf(filter, x86_64(write, 1n, 0n, 10n)), 'errno 1');
  assert.equal(verdictOf(filter, x86_64(write, 2n, 0n, 9n)), 'errno 1');
  assert.equal(verdictOf(filter, x86_64(write, 7n, 0n, 99n)), 'allow');
});

test('as with runc, conditions are alternatives once two are on one argument', () => {
  const args = [condition(0, 'EQ', 1), condition(0, 'EQ', 2), condition(1, 'EQ', 3)];
  const filter = filterOf(profile('ERRNO', [rule('write', 'ALLOW', args)]));
  assert.equal(verdictOf(filter, x86_64(write, 1n, 9n)), 'allow');
  assert.equal(verdictOf(filter, x86_64(write, 2n, 9n)), 'allow');
  assert.equal(verdictOf(filter, x86_64(write, 9n, 3n)), 'allow');
  assert.equal(verdictOf(filter, x86_64(write, 9n, 9n)), 'errno 1');
});

test('as with libseccomp, a rule without conditions goes before those with some', () => {
  const conditional = rule('write', 'TRAP', [condition(0, 'EQ', 1)]);
  for (const rules of [
    [conditional, rule('write', 'LOG')],
    [rule('write', 'LOG'), conditional],
    [rule('write', 'LOG'), rule('write', 'TRAP')],
  ]) {
    assert.equal(verdictOf(filterOf(profile('ALLOW', rules)), x86_64(write, 1n)), 'log');
  }
});

test('as with libseccomp, of rules that can hold at once the greater value goes first', () => {
  const rules = [
    rule('write', 'LOG', [condition(0, 'GE', 5)]),
    rule('write', 'TRAP', [condition(0, 'GE', 10)]),
    rule('write', 'ERRNO', [condition(1, 'EQ', 1)]),
  ];
  for (const order of [rules, rules.toReversed()]) {
    const filter = filterOf(profile('ALLOW', order));
    assert.equal(verdictOf(filter, x86_64(write, 7n)), 'log');
    assert.equal(verdictOf(filter, x86_64(write, 12n)), 'trap');
    assert.equal(verdictOf(filter, x86_64(write, 12n, 1n)), 'errno 1');
    assert.equal(verdictOf(filter, x86_64(write, 1n)), 'allow');
  }
});

test('rules that contradict each other are refused by the name of the call', () => {
  const same = [condition(0, 'EQ', 1)];
  const rules = [rule('write', 'LOG', same), rule('write', 'TRAP', same)];
  assert.throws(
    () => filterOf(profile('ALLOW', rules)),
    new RunxError('config.json: linux.seccomp: rules for write contradict each other'),
  );
});

test('a rule that says what the default says changes nothing', () => {
  const args = [condition(0, 'EQ', 1)];
  const rules = [rule('write', 'ERRNO', [], { errnoRet: 1 }), rule('write', 'ALLOW', args)];
  const filter = filterOf(profile('ERRNO', rules));
  assert.equal(verdictOf(filter, x86_64(write, 1n)), 'allow');
  assert.equal(verdictOf(filter, x86_64(write, 2n)), 'errno 1');
});

test('a name that is no system call is ignored, also if it is a property of every object', () => {
  const rules = [rule(['constructor', '__proto__', 'no_such', 'write'], 'TRAP')];
  const filter = filterOf(profile('ALLOW', rules));
  assert.deepEqual(filter, filterOf(profile('ALLOW', [rule('write', 'TRAP')])));
});

test('calls newer than all that the profile names do not exist, as with runc', () => {
  const rules = [rule(['read', 'keyctl'], 'ALLOW')];
  for (const [action, verdict] of [
    ['ERRNO', 'errno 38'],
    ['KILL', 'errno 38'],
    ['TRAP', 'errno 38'],
    ['LOG', 'log'],
    ['TRACE', 'trace 1'],
  ] as const) {
    const filter = filterOf(profile(action, rules));
    assert.equal(verdictOf(filter, x86_64(keyctl + 1)), verdict, action);
    assert.notEqual(verdictOf(filter, x86_64(keyctl - 1)), 'errno 38', action);
  }
  const named = filterOf(profile('KILL', [rule('keyctl', 'KILL'), rule('read', 'ALLOW')]));
  assert.equal(verdictOf(named, x86_64(keyctl - 1)), 'kill thread');
});

test('calls newer than the guest kernel do not exist either, below numbers of another range', () => {
  // Of both, the profile names one from a range far above all others.
  const rules = [rule(['read', 'set_tls', 'execveat'], 'ALLOW')];
  const fchmodat2 = 452;
  const arm = filterOf(profile('ERRNO', rules, { architectures: ['SCMP_ARCH_ARM'] }), 'arm64');
  const x86 = filterOf(profile('ERRNO', rules, { architectures: ['SCMP_ARCH_X32'] }));
  const x32 = (number: number) => x86_64(0x4000_0000 + number);
  for (const [what, filter, call, verdict] of [
    ['arm: the newest', arm, { audit: audit.arm, number: 450 }, 'errno 1'],
    ['arm: a newer one', arm, { audit: audit.arm, number: fchmodat2 }, 'errno 38'],
    ['arm: breakpoint', arm, { audit: audit.arm, number: 0x0f_0001 }, 'errno 1'],
    ['arm: set_tls', arm, { audit: audit.arm, number: 0x0f_0005 }, 'allow'],
    ['x32: the newest', x86, x32(450), 'errno 1'],
    ['x32: a newer one', x86, x32(fchmodat2), 'errno 38'],
    ['x32: rt_sigaction', x86, x32(512), 'errno 1'],
    ['x32: execveat', x86, x32(545), 'allow'],
  ] as const) {
    assert.equal(verdictOf(filter, call), verdict, what);
  }
});

test('a call of an architecture that is not listed kills its thread, as with libseccomp', () => {
  const filter = filterOf(profile('ALLOW', [rule('write', 'TRAP')]));
  assert.equal(verdictOf(filter, i386(4)), 'kill thread');
  assert.equal(verdictOf(filter, { audit: audit.mips, number: 1 }), 'kill thread');
  assert.equal(verdictOf(filter, x86_64(0x4000_0000 + write)), 'kill thread');
  assert.equal(verdictOf(filter, x86_64(0xffff_ffff)), 'allow');
});

const allX86 = { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] };

test('each architecture of the profile has its own numbers', () => {
  const rules = [rule(['write', 'readv', 'mmap2'], 'TRAP')];
  const filter = filterOf(profile('ALLOW', rules, allX86));
  assert.equal(verdictOf(filter, x86_64(write)), 'trap');
  assert.equal(verdictOf(filter, i386(4)), 'trap');
  assert.equal(verdictOf(filter, i386(1)), 'allow');
  assert.equal(verdictOf(filter, i386(192)), 'trap');
  assert.equal(verdictOf(filter, x86_64(0x4000_0000 + write)), 'trap');
  // readv is 19 and, for x32, 515.
  assert.equal(verdictOf(filter, x86_64(19)), 'trap');
  assert.equal(verdictOf(filter, x86_64(0x4000_0000 + 19)), 'allow');
  assert.equal(verdictOf(filter, x86_64(0x4000_0000 + 515)), 'trap');
});

test('the own architecture is filtered without being listed, foreign ones are accepted', () => {
  const architectures = ['SCMP_ARCH_X86', 'SCMP_ARCH_S390X', 'SCMP_ARCH_AARCH64'];
  const filter = filterOf(profile('ALLOW', [rule('write', 'TRAP')], { architectures }));
  assert.equal(verdictOf(filter, x86_64(write)), 'trap');
  assert.equal(verdictOf(filter, i386(4)), 'trap');
  assert.equal(verdictOf(filter, { audit: audit.aarch64, number: 64 }), 'kill thread');
});

test('an arm64 guest has the numbers of aarch64 and of arm', () => {
  const architectures = ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'];
  const rules = [rule(['write', 'set_tls', 'sync_file_range2'], 'TRAP')];
  const filter = filterOf(profile('ALLOW', rules, { architectures }), 'arm64');
  assert.equal(verdictOf(filter, { audit: audit.aarch64, number: 64 }), 'trap');
  assert.equal(verdictOf(filter, { audit: audit.aarch64, number: 4 }), 'allow');
  assert.equal(verdictOf(filter, { audit: audit.arm, number: 4 }), 'trap');
  assert.equal(verdictOf(filter, { audit: audit.arm, number: 341 }), 'trap');
  assert.equal(verdictOf(filter, { audit: audit.arm, number: 0x0f_0005 }), 'trap');
  assert.equal(verdictOf(filter, x86_64(write)), 'kill thread');
});

test('32-bit programs are compared by the 32 bits that they have', () => {
  const args = [condition(1, 'EQ', 5)];
  const filter = filterOf(profile('ERRNO', [rule('write', 'ALLOW', args)], allX86));
  assert.equal(verdictOf(filter, i386(4, 0n, 5n)), 'allow');
  assert.equal(verdictOf(filter, i386(4, 0n, 6n)), 'errno 1');
});

test('i386 reaches sockets and semaphores through one call for many, too', () => {
  const rules = [
    rule('socket', 'TRAP', [condition(0, 'EQ', 40), condition(1, 'EQ', 1)]),
    rule(['connect', 'semop'], 'LOG'),
  ];
  const filter = filterOf(profile('ALLOW', rules, allX86));
  const [socketcall, ipc, socket] = [102, 117, 359];
  assert.equal(verdictOf(filter, i386(socketcall, 3n)), 'log');
  assert.equal(verdictOf(filter, i386(socketcall, 4n)), 'allow');
  assert.equal(verdictOf(filter, i386(ipc, 1n)), 'log');
  assert.equal(verdictOf(filter, i386(ipc, 2n)), 'allow');
  // As with libseccomp, which family is asked for is out of the filter's sight there.
  assert.equal(verdictOf(filter, i386(socketcall, 1n, 1n)), 'trap');
  assert.equal(verdictOf(filter, i386(socket, 40n, 1n)), 'trap');
  assert.equal(verdictOf(filter, i386(socket, 41n, 1n)), 'allow');
});

test('flags are those of seccomp(2); without a list, speculation is allowed as with runc', () => {
  const flagsOf = (flags: string[] | undefined): number | undefined => {
    const { seccomp } = specWith({ linux: { seccomp: profile('ALLOW', [], { flags }) } }).linux;
    return seccomp ? compileSeccomp(seccomp, 'x64')?.flags : undefined;
  };
  assert.equal(flagsOf(undefined), 4);
  assert.equal(flagsOf([]), 0);
  assert.equal(flagsOf(['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC']), 2);
});

test('a profile that says nothing is none', () => {
  const { seccomp } = specWith({ linux: { seccomp: {} } }).linux;
  assert.ok(seccomp);
  assert.equal(compileSeccomp(seccomp, 'x64'), undefined);
});

test('a filter that is too long for the kernel is refused with its length', () => {
  const rules = Array.from({ length: 1200 }, (_, value) =>
    rule('write', 'TRAP', [condition(0, 'EQ', value)]),
  );
  assert.throws(() => filterOf(profile('ALLOW', rules)), {
    message:
      /^config\.json: linux\.seccomp: the filter has \d+ instructions, but the kernel allows at most 4096/,
  });
});

test('jumps over more than 255 instructions arrive', () => {
  const values = Array.from({ length: 400 }, (_, index) => 3 * index);
  const rules = [
    ...values.map((value) => rule('write', 'TRAP', [condition(0, 'EQ', value)])),
    rule('read', 'LOG'),
    rule('keyctl', 'LOG'),
  ];
  const filter = filterOf(profile('ALLOW', rules));
  assert.ok(filter.length / 8 > 1500);
  for (const value of values) {
    assert.equal(verdictOf(filter, x86_64(write, BigInt(value))), 'trap');
    assert.equal(verdictOf(filter, x86_64(write, BigInt(value + 1))), 'allow');
  }
  assert.equal(verdictOf(filter, x86_64(read)), 'log');
  assert.equal(verdictOf(filter, x86_64(keyctl)), 'log');
});
