import assert from 'node:assert/strict';
import { test } from 'node:test';

import { printable } from '../../src/log.ts';
import { randomTexts } from '../support/random-text.ts';

test('a text is one line, without what a terminal obeys', () => {
  for (const [text, expected] of [
    ['plain "text" \\ é 日 \u{1F600}', 'plain "text" \\ é 日 \u{1F600}'],
    ['one\n  two\r\nthree', 'one two three'],
    ['\u001b[2J\u009b31m\u0007\b', String.raw`\u001b[2J\u009b31m\u0007\u0008`],
    ['a\tb', String.raw`a\u0009b`],
    ['exec \u202egpj.sh', String.raw`exec \u202egpj.sh`],
    ['\u0000\u007f', String.raw`\u0000\u007f`],
  ] as const) {
    assert.equal(printable(text), expected);
  }
});

test('whatever a text has, it is printed as one line', (t) => {
  for (const text of randomTexts(t, { count: 3000, maximumLength: 12 })) {
    assert.doesNotMatch(printable(text), /[\p{Cc}\u2028\u2029]/u);
  }
});

test('a text of many spaces is printed within a second', () => {
  const start = performance.now();
  printable(`${' '.repeat(200_000)}x`);
  assert.ok(performance.now() - start < 1000);
});
