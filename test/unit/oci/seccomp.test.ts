import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { quoteLargeValues } from '../../../src/oci/seccomp.ts';
import { parseSpec } from '../../../src/oci/spec.ts';
import { minimalSpec, specWith } from '../../support/spec.ts';

const args = (changes: object) => ({
  syscalls: [
    {
      names: ['write'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ', ...changes }],
    },
  ],
});
const syscall = (changes: object) => ({
  syscalls: [{ names: ['write'], action: 'SCMP_ACT_ALLOW', ...changes }],
});

const refused: readonly [what: string, changes: object, sentence: string][] = [
  [
    'the action SCMP_ACT_NOTIFY',
    syscall({ action: 'SCMP_ACT_NOTIFY' }),
    'syscalls.0.action: "SCMP_ACT_NOTIFY" is not supported',
  ],
  [
    'an unknown default action',
    { defaultAction: 'ALLOW' },
    'defaultAction: "ALLOW" is not supported',
  ],
  [
    'an unknown architecture',
    { architectures: ['SCMP_ARCH_Z80'] },
    'architectures.0: "SCMP_ARCH_Z80" is not supported',
  ],
  [
    'a flag for listeners',
    { flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] },
    'flags.0: "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" is not supported',
  ],
  ['an unknown operator', args({ op: 'EQ' }), 'syscalls.0.args.0.op: "EQ" is not supported'],
  ['no names', syscall({ names: [] }), 'syscalls.0.names: must name a system call'],
  [
    'a seventh argument',
    args({ index: 6 }),
    'syscalls.0.args.0.index: Invalid value: Expected <=5 but received 6',
  ],
  [
    'a negative value',
    args({ value: -1 }),
    'syscalls.0.args.0.value: must be an integer from 0 to 18446744073709551615',
  ],
  [
    'a value of 2^64',
    args({ value: '18446744073709551616' }),
    'syscalls.0.args.0.value: must be an integer from 0 to 18446744073709551615',
  ],
  [
    'an errnoRet without a use',
    syscall({ errnoRet: 1 }),
    'syscalls.0: errnoRet has no meaning with SCMP_ACT_ALLOW',
  ],
  [
    'a defaultErrnoRet without a use',
    { defaultErrnoRet: 38 },
    'defaultErrnoRet has no meaning with SCMP_ACT_KILL',
  ],
  [
    'rules and no default action',
    { ...syscall({}), defaultAction: undefined },
    'defaultAction is missing',
  ],
  [
    'a listener without a socket',
    { listenerMetadata: 'x' },
    'listenerMetadata is set without listenerPath',
  ],
];
for (const [what, changes, sentence] of refused) {
  test(`a seccomp profile with ${what} is refused`, () => {
    const where = sentence.includes(': ') ? 'linux.seccomp.' : 'linux.seccomp: ';
    assert.throws(
      () => specWith({ linux: { seccomp: { defaultAction: 'SCMP_ACT_KILL', ...changes } } }),
      new RunxError(`config.json: ${where}${sentence}`),
    );
  });
}

test("a listener's socket without SCMP_ACT_NOTIFY is ignored, as the specification has it", () => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/run/agent.sock' };
  assert.equal(specWith({ linux: { seccomp } }).linux.seccomp?.syscalls.length, 0);
});

// As Go writes an unsigned 64-bit integer.
const valuesOf = (value: string, valueTwo: string) => {
  const seccomp = `{ "defaultAction": "SCMP_ACT_KILL", "syscalls": [{ "names": ["write"], "action":
    "SCMP_ACT_ALLOW", "args": [{"index":0,"value":${value},"valueTwo": ${valueTwo} ,"op":"SCMP_CMP_EQ"}]}] }`;
  const spec = JSON.stringify({ ...minimalSpec, linux: { seccomp: 0 } });
  const parsed = parseSpec(spec.replace('"seccomp":0', `"seccomp":${seccomp}`), 'config.json');
  const found = parsed.linux.seccomp?.syscalls[0]?.args[0];
  return [found?.value, found?.valueTwo];
};

test('values of up to 64 bits come out of config.json as they stand in it', () => {
  for (const [value, two] of [
    ['0', '4294967295'],
    ['2114060288', '9007199254740991'],
    ['9007199254740993', '18446744073709551615'],
    ['18446744073709551615', '0'],
  ] as const) {
    assert.deepEqual(valuesOf(value, two), [value, two]);
  }
});

test('a value that is no integer, or too large, is refused', () => {
  for (const value of ['1.5', '18446744073709551616', '1e30']) {
    assert.throws(
      () => valuesOf(value, '0'),
      /linux\.seccomp\.syscalls\.0\.args\.0\.value: /,
      value,
    );
  }
});

test('a string of config.json that looks like a value stays as it is', () => {
  const json = JSON.stringify({ a: '"value":18446744073709551615}', 'b"value': '1' });
  assert.equal(quoteLargeValues(json), json);
});
