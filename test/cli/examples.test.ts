import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { execa } from 'execa';

import { cliProgram } from '../support/built-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

for (const [unit, name] of [
  ['runx@.service', 'runx@hello.service'],
  ['runx-gc.service', 'runx-gc.service'],
] as const) {
  test(`the unit ${unit} of the examples is one that systemd takes`, async (t) => {
    const source = new URL(`../../examples/systemd/${unit}`, import.meta.url);
    const path = join(await temporaryDirectory(t), name);
    const text = await readFile(source, 'utf8');
    // Where there are no man pages of runx, systemd misses them.
    await writeFile(
      path,
      text.replaceAll('/usr/bin/runx', cliProgram).replace(/^Documentation=.*\n/m, ''),
    );
    const result = await execa('systemd-analyze', ['verify', path], { reject: false, all: true });
    if (result.code === 'ENOENT') return t.skip('no systemd-analyze here');
    assert.equal(result.all, '');
    assert.equal(result.exitCode, 0);
  });
}
