import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';

import { cliProgram } from '../support/built-cli.ts';
import { makeCreated } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';

describe('runx completion', { concurrency: 4 }, () => {
  test('bash completes commands, options, choices and ids with it', async (t) => {
    const { dom0 } = await makeCreated(t);
    const { stdout } = await dom0.runx(['completion', 'bash']);
    const complete = (...words: readonly string[]): string =>
      execFileSync(
        'bash',
        [
          '-c',
          `runx() { "$node" "$program" "$@"; }
           ${stdout}
           COMP_WORDS=(runx "$@"); COMP_CWORD=$#; _runx; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          ...words,
        ],
        { env: { node: process.execPath, program: cliProgram }, encoding: 'utf8' },
      ).trim();
    assert.equal(complete('pa'), 'pause');
    assert.equal(complete('update', '--memory-'), '--memory-reservation\n--memory-swap');
    assert.equal(complete('list', '--format', ''), 'table\njson');
    assert.equal(complete('--root', dom0.root, 'kill', ''), 'web');
    assert.equal(complete(`--config=${dom0.configFile}`, 'pause', 'w'), 'web');
    assert.equal(complete('--root', dom0.root, 'kill', 'x'), '');
    assert.equal(complete('--root', dom0.root, 'exec', 'web', 'kill', ''), '');
    assert.equal(complete('--root', dom0.root, 'exec', 'web', 'ls', '--roo'), '');
    assert.equal(complete('create', '--bundle', ''), '', "files are the shell's own to complete");
  });

  for (const shell of ['zsh', 'fish']) {
    test(`${shell} has a script that asks runx`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      const { exitCode, stdout } = await dom0.runx(['completion', shell]);
      assert.equal(exitCode, 0);
      assert.match(stdout, /runx --complete /);
    });
  }
});
