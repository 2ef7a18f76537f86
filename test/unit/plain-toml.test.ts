import assert from 'node:assert/strict';
import { test } from 'node:test';

import toml from 'toml';

import { readPlainToml } from '../../src/plain-toml.ts';
import { randomNumbers } from '../support/random-text.ts';

test('comments, texts, lists of texts, numbers and booleans are plain', () => {
  const document = [
    '# runx.toml',
    '',
    'root = "/r" # here',
    '\txl="it\'s"',
    'cni_path = [ "/a", "/b" ]',
    'annotations = []',
    'vcpus = 2',
    'netconf_env = false\r',
    '',
  ].join('\n');
  assert.deepEqual(readPlainToml(document), {
    root: '/r',
    xl: "it's",
    cni_path: ['/a', '/b'],
    annotations: [],
    vcpus: 2,
    netconf_env: false,
  });
  assert.deepEqual(readPlainToml(''), {});
});

for (const document of ['[table]', 'a.b = 1', 'a = 1\na = 2', 'a = "\\n"', 'a = 1.5', 'a = 1 2']) {
  test(`${JSON.stringify(document)} is not plain`, () => {
    assert.equal(readPlainToml(document), undefined);
  });
}

const pieces = [
  'a',
  'b',
  '-',
  '_',
  '1',
  '0',
  '007',
  '+1',
  '1.5',
  '1_000',
  'true',
  'false',
  'inf',
  '=',
  ' = ',
  '"',
  '"x"',
  '"x',
  "'y'",
  '""',
  '"""',
  '"\\u0041"',
  '"\t"',
  '\\',
  '.',
  ',',
  '[',
  ']',
  '["x"]',
  '["x", "y",]',
  '["x", 1]',
  '{}',
  '#',
  '# c',
  ' ',
  '\t',
  '\r',
  '\n',
  '\ufeff',
  '\u00a0',
  '\u2028',
  '\u007f',
  'é',
  'a = "b"\n',
  'b = ["c"]\n',
];

test('what is read is what the parser of TOML reads', (t) => {
  const below = randomNumbers(t);
  let compared = 0;
  for (let count = 0; count < 20_000; count += 1) {
    const words = Array.from({ length: below(9) }, () => pieces[below(pieces.length)] ?? '');
    const document = words.join('');
    const plain = readPlainToml(document);
    if (plain === undefined) continue;
    compared += 1;
    const expected: object = toml.parse(document);
    assert.deepEqual(plain, { ...expected }, JSON.stringify(document));
  }
  assert.ok(compared > 500, `${compared} documents were compared`);
});
