import assert from 'node:assert/strict';
import { readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { removeDrafts, writeAtomically } from '../../../src/host/files.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

test('a file is replaced, and a link at its name too, not what the link leads to', async (t) => {
  const directory = await temporaryDirectory(t);
  const [file, victim] = [join(directory, 'file'), join(directory, 'victim')];
  await writeFile(victim, 'kept');
  await symlink(victim, file);
  await symlink(victim, `${file}.new`);
  await writeAtomically(file, 'text', { mode: 0o600 });
  assert.deepEqual(await Promise.all([file, victim].map((name) => readFile(name, 'utf8'))), [
    'text',
    'kept',
  ]);
  assert.deepEqual(await readdir(directory), ['file', 'file.new', 'victim']);
});

test('many writers at once leave one whole text and no draft', async (t) => {
  const file = join(await temporaryDirectory(t), 'file');
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => writeAtomically(file, text, { mode: 0o600 })));
  assert.ok(texts.includes(await readFile(file, 'utf8')));
  assert.deepEqual(await readdir(join(file, '..')), ['file']);
});

test('the drafts of writers that are gone are removed, those of others are not', async (t) => {
  const directory = await temporaryDirectory(t);
  const gone = 2 ** 22 + 1;
  const names = ['file', 'file.new', `file.${process.pid}-0123456789ab.new`];
  for (const name of [...names, `file.${gone}-0123456789ab.new`]) {
    await writeFile(join(directory, name), '');
  }
  await removeDrafts(directory);
  assert.deepEqual((await readdir(directory)).toSorted(), names.toSorted());
});
