import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { findInC, functionsOf } from '../../../scripts/lint/c-code.ts';
import { renderViolations } from '../../../scripts/lint/exceptions.ts';

const wordsOf = (text: string) =>
  functionsOf(text).map(({ name, lines, parameters }) => `${name} ${lines} ${parameters}`);

describe('the functions of a C file', () => {
  const cases: readonly [what: string, text: string, functions: readonly string[]][] = [
    ['one line', 'int one(void) { return 1; }\n', ['one 1 0']],
    ['no parameter', 'int one() {\n    return 1;\n}\n', ['one 3 0']],
    ['two', 'void a(int b) {\n}\n\nstatic char *c(int d, char *e) {\n}\n', ['a 2 1', 'c 2 2']],
    ['a head of two lines', 'void a(int b,\n       int c) {\n    b();\n}\n', ['a 4 2']],
    ['a function for a parameter', 'void a(void (*b)(int, int), int c) {\n}\n', ['a 2 2']],
    ['blocks within', 'void a(int b) {\n    if (b) {\n        c();\n    }\n}\n', ['a 5 1']],
    ['an attribute', '__attribute__((noreturn)) static void a(int b) {\n}\n', ['a 2 1']],
    ['a comma in a comment', 'void a(int b /* c, d */) {\n}\n', ['a 2 1']],
    ['a declaration', 'void a(int b);\n', []],
    ['a structure and an array', 'struct a {\n    int b;\n};\nint c[] = {f(1)};\n', []],
    ['a comment', '// void a(int b) {\n/*\nvoid c(int d) {\n}\n*/\n', []],
  ];
  for (const [what, text, functions] of cases) {
    test(what, () => {
      assert.deepEqual(wordsOf(text), functions);
    });
  }
});

const statements = (count: number): string => '    a();\n'.repeat(count);

describe('what is too much in C', () => {
  const cases: readonly [what: string, text: string, found: readonly object[]][] = [
    ['60 lines', `void a(void) {\n${statements(58)}}\n`, []],
    [
      '61 lines',
      `void a(void) {\n${statements(59)}}\n`,
      [{ where: 'a.c a length', what: '61 lines, 60 at most' }],
    ],
    ['4 parameters', 'void a(int b, int c, int d, int e) {\n}\n', []],
    [
      '5 parameters',
      'void a(int b, int c, int d, int e, int f) {\n}\n',
      [{ where: 'a.c a parameters', what: '5 parameters, 4 at most' }],
    ],
    ['a file of 300 lines', 'int a;\n'.repeat(300), []],
    [
      'a file of 301 lines',
      'int a;\n'.repeat(301),
      [{ where: 'a.c length', what: '301 lines, 300 at most' }],
    ],
  ];
  for (const [what, text, found] of cases) {
    test(what, () => {
      assert.deepEqual(findInC(new Map([['a.c', text]])), found);
    });
  }

  test('a circle of includes, which is found once', () => {
    const found = findInC(
      new Map([
        ['x/main.c', '#include "b.h"\n#include "../y/c.h"\n'],
        ['x/a.h', '#include "b.h"\n'],
        ['x/b.h', '#include "../y/c.h"\n#include <stdio.h>\n'],
        ['y/c.h', '#include "../x/a.h"\n'],
      ]),
    );
    const where = 'x/a.h includes x/b.h includes y/c.h includes x/a.h';
    assert.deepEqual(found, [{ where, what: 'a circle' }]);
  });
});

test('a known violation is left out, and one that is no longer there is told', () => {
  const found = [
    { where: 'a', what: 'too long' },
    { where: 'b', what: 'too long' },
  ];
  assert.deepEqual(renderViolations(found, ['a', 'c']), [
    'b: too long',
    'c: no longer so, take it off the list of exceptions',
  ]);
});

describe('the direction of includes', () => {
  const cases: readonly [file: string, include: string, found: boolean][] = [
    ['src/monitor/a.c', '../backend/9p/b.h', false],
    ['src/host/a.c', '../protocol/b.h', false],
    ['src/host/a.c', 'a.h', false],
    ['initrd/process/a.c', '../../src/protocol/b.h', false],
    ['src/backend/9p/a.c', '../../host/b.h', true],
    ['src/protocol/a.c', '../monitor/b.h', true],
    ['src/host/a.c', '../../initrd/process/b.h', true],
    ['initrd/process/a.c', '../../src/host/b.h', true],
  ];
  for (const [file, include, found] of cases) {
    test(`${file} ${found ? 'must not include' : 'may include'} ${include}`, () => {
      const wrong = findInC(new Map([[file, `#include "${include}"\n`]]));
      assert.deepEqual(
        wrong.map(({ what }) => what),
        found ? ['not the way down'] : [],
      );
    });
  }
});
