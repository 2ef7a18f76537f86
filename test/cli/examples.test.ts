import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { execa } from 'execa';

import { cliProgram } from '../support/built-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('the systemd unit of the examples is one that systemd takes', async (t) => {
  const unit = new URL('../../examples/systemd/runx@.service', import.meta.url);
  const path = join(await temporaryDirectory(t), 'runx@hello.service');
  await writeFile(path, (await readFile(unit, 'utf8')).replaceAll('/usr/bin/runx', cliProgram));
  const result = await execa('systemd-analyze', ['verify', path], { reject: false, all: true });
  if (result.code === 'ENOENT') return t.skip('no systemd-analyze here');
  assert.equal(result.all, '');
  assert.equal(result.exitCode, 0);
});
