import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseDuration } from '../../../src/cli/duration.ts';
import { parseResourceOptions, parseResources } from '../../../src/cli/resource-options.ts';
import { RunxError, UsageError } from '../../../src/errors.ts';

const durations: readonly [text: string, milliseconds: number][] = [
  ['5s', 5000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['.5s', 500],
  ['1µs', 0.001],
  ['0s', 0],
];
for (const [text, milliseconds] of durations) {
  test(`${text} is ${milliseconds} ms`, () => {
    assert.equal(parseDuration(text, 'interval'), milliseconds);
  });
}

for (const text of ['', '5', 's', '-5s', '5 s', '5sec', '1s2']) {
  test(`${JSON.stringify(text)} is no duration`, () => {
    assert.throws(
      () => parseDuration(text, 'interval'),
      new UsageError(`--interval: "${text}" is not a duration, such as 5s or 1m30s`),
    );
  });
}

const sizes: readonly [text: string, bytes: number][] = [
  ['1048576', 1_048_576],
  ['64k', 65_536],
  ['512m', 536_870_912],
  ['1.5GiB', 1_610_612_736],
  ['2 gb', 2_147_483_648],
  ['-1', -1],
];
for (const [text, bytes] of sizes) {
  test(`--memory ${text} is ${bytes} bytes`, () => {
    assert.equal(parseResourceOptions({ memory: text }).memory?.limit, bytes);
  });
}

const wrong: readonly [option: string, text: string][] = [
  ['memory', '1x'],
  ['memory', '-2'],
  ['memory-swap', 'much'],
  ['cpu-quota', '0.5'],
  ['cpu-share', '1k'],
  ['pids-limit', 'few'],
];
for (const [option, text] of wrong) {
  test(`--${option} ${text} is refused`, () => {
    assert.throws(
      () => parseResourceOptions({ [option]: text }),
      new UsageError(`invalid value for ${option}: "${text}"`),
    );
  });
}

test('what a domain has no use for is ignored', () => {
  assert.deepEqual(
    parseResourceOptions({ 'blkio-weight': '500', 'pids-limit': '-1', 'cpuset-mems': '0' }),
    parseResourceOptions({}),
  );
});

test("Intel's RDT is refused in runc's words", () => {
  assert.throws(
    () => parseResourceOptions({ 'l3-cache-schema': 'L3:0=f' }),
    new RunxError('Intel RDT/CAT: l3 cache schema is not enabled'),
  );
  assert.throws(
    () => parseResourceOptions({ 'mem-bw-schema': 'MB:0=20' }),
    new RunxError('Intel RDT/MBA: memory bandwidth schema is not enabled'),
  );
});

test('a document that is wrong is refused by its name', () => {
  assert.throws(() => parseResources('{', '-r f'), { message: /^-r f is not JSON: / });
  assert.throws(() => parseResources('{"cpu":{"quota":"x"}}', '-r f'), {
    message: '-r f: cpu.quota: Invalid type: Expected number but received "x"',
  });
});
