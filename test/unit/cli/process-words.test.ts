import assert from 'node:assert/strict';
import { test } from 'node:test';

import { separateProcessWords } from '../../../src/cli/process-words.ts';

const globals = { root: { type: 'string' }, debug: { type: 'boolean' } } as const;
const exec = {
  env: { alias: 'e', type: 'string' },
  tty: { alias: 't', type: 'boolean' },
  detach: { alias: 'd', type: 'boolean' },
} as const;

const cases: readonly [argv: string, separated: string][] = [
  ['exec web ls -l', 'exec web -- ls -l'],
  [
    '--root /x --debug exec -e A=b --tty web ls -t',
    '--root /x --debug exec -e A=b --tty web -- ls -t',
  ],
  ['--root=/x exec --env=A=b web ls', '--root=/x exec --env=A=b web -- ls'],
  ['exec -te A=b web ls', 'exec -te A=b web -- ls'],
  ['exec -teA=e web sh -c x', 'exec -teA=e web -- sh -c x'],
  ['exec --root /x web', 'exec --root /x web'],
  ['exec web -- ls', 'exec web -- ls'],
  ['exec', 'exec'],
  ['exec -e', 'exec -e'],
  ['run --bundle exec web', 'run --bundle exec web'],
  ['--root exec list', '--root exec list'],
  ['-- exec web ls', '-- exec web ls'],
];
for (const [argv, separated] of cases) {
  test(`${argv} becomes ${separated}`, () => {
    assert.equal(separateProcessWords(argv.split(' '), globals, { exec }).join(' '), separated);
  });
}
