import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lastLines } from '../../src/last-lines.ts';

for (const [text, count, last] of [
  ['', 3, ''],
  ['a\nb\nc\n', 2, 'b\nc\n'],
  ['a\nb\nc', 2, 'b\nc'],
  ['a\nb\nc\n', 0, ''],
  ['a\nb\n', 9, 'a\nb\n'],
  ['a\n\n\n', 2, '\n\n'],
  ['\na', 1, 'a'],
] as const) {
  test(`the last ${count} lines of ${JSON.stringify(text)} are ${JSON.stringify(last)}`, () => {
    assert.equal(lastLines(Buffer.from(text), count).toString(), last);
  });
}
