import assert from 'node:assert/strict';
import { test } from 'node:test';

import { argumentsOf, environmentOf } from '../../../src/oci/hooks.ts';
import type { Hook } from '../../../src/oci/spec.ts';
import { specWith } from '../../support/spec.ts';

const parse = (hook: object): Hook => {
  const [parsed] = specWith({ hooks: { prestart: [{ path: '/bin/hook', ...hook }] } }).hooks
    .prestart;
  if (parsed === undefined) throw new Error('the spec has no hook');
  return parsed;
};

test("a hook's name is its first argument, or its path when it has none", () => {
  assert.deepEqual(argumentsOf(parse({ args: ['name', '-x', ''] })), ['name', '-x', '']);
  assert.deepEqual(argumentsOf(parse({ args: [] })), ['/bin/hook']);
  assert.deepEqual(argumentsOf(parse({})), ['/bin/hook']);
});

test("a hook's environment is what it says and nothing else", () => {
  assert.deepEqual(environmentOf(parse({})), {});
  assert.deepEqual(environmentOf(parse({ env: ['A=b=c', 'EMPTY=', 'A=last'] })), {
    A: 'last',
    EMPTY: '',
  });
});

test('every list of hooks may be absent, null or empty, and unknown ones are ignored', () => {
  for (const hooks of [undefined, null, {}, { prestart: null, poststop: [], later: [1] }]) {
    assert.deepEqual(Object.values(specWith({ hooks }).hooks), [[], [], [], [], [], []]);
  }
});
