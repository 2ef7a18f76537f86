import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { findShells, findWrongImports } from '../../../scripts/lint/layers.ts';

const importing = (file: string, line: string) => findWrongImports(new Map([[file, line]]));

describe('the direction of imports', () => {
  const right: readonly [file: string, line: string][] = [
    ['main.ts', "import { parse } from './cli/parse.ts';"],
    ['cli/run.ts', "const { run } = await import('../container/run.ts');"],
    ['container/run.ts', "import { undo } from './undo.ts';"],
    ['container/run.ts', "import { RunxError } from '../errors.ts';"],
    ['guest/seccomp/filter.ts', "import { cpio } from '../cpio.ts';"],
    ['network/cni.ts', "import { load } from 'cni-ts-client';"],
    ['version.ts', "import metadata from '../package.json' with { type: 'json' };"],
  ];
  for (const [file, line] of right) {
    test(`${file}: ${line}`, () => {
      assert.deepEqual(importing(file, line), []);
    });
  }

  const wrong: readonly [file: string, line: string, where: string, what: string][] = [
    [
      'container/list.ts',
      "import { a } from '../cli/table.ts';",
      'container/list.ts imports cli/table.ts',
      'cli is above container',
    ],
    [
      'guest/a.ts',
      "import type { A } from '../network/b.ts';",
      'guest/a.ts imports network/b.ts',
      'network is beside guest',
    ],
    [
      'xen/a.ts',
      "const { b } = await import('../oci/b.ts');",
      'xen/a.ts imports oci/b.ts',
      'oci is beside xen',
    ],
    [
      'cni-ts-client/a.ts',
      "import { b } from '../errors.ts';",
      'cni-ts-client/a.ts imports errors.ts',
      'cni-ts-client imports nothing from outside itself',
    ],
    [
      'network/a.ts',
      "import { b } from '../cni-ts-client/b.ts';",
      'network/a.ts imports cni-ts-client/b.ts',
      'cni-ts-client is imported by its name',
    ],
    [
      'helpers/a.ts',
      "import {\n  b,\n} from '../errors.ts';",
      'helpers/a.ts imports errors.ts',
      'helpers has no place in the table of scripts/lint/layers.ts',
    ],
    [
      'log.ts',
      "export { b } from './process.ts';",
      'log.ts imports process.ts',
      'process is above log',
    ],
  ];
  for (const [file, line, where, what] of wrong) {
    test(`${where} is wrong: ${what}`, () => {
      assert.deepEqual(importing(file, line), [{ where, what }]);
    });
  }
});

describe('a text that is handed to a shell', () => {
  const wrong = [
    'run("sh", ["-c", `ls ${directory}`])',
    "run('/bin/sh', ['-c', 'ls'])",
    "spawn('bash', [\n  '-ec', script])",
    'exec(line, { shell: true })',
    "exec(line, { shell: '/bin/bash' })",
  ];
  for (const text of wrong) {
    test(`${text} is found`, () => {
      const what = 'run the program itself, each of its words apart';
      assert.deepEqual(findShells(new Map([['a.ts', text]])), [
        { where: 'a.ts runs a shell', what },
      ]);
    });
  }

  for (const text of ["run('ls', ['-c'])", "y.positional('shell', {})", 'args.shell']) {
    test(`${text} is none`, () => {
      assert.deepEqual(findShells(new Map([['a.ts', text]])), []);
    });
  }
});
