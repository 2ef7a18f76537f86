import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { lastingName, lastingRecords } from '../../../src/host/lasting-records.ts';
import { string } from '../../../src/shape.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const refuse = (why: string): never => {
  throw new Error(why);
};

test('a record outlives its container, and tells that the container is gone', async (t) => {
  const directory = await temporaryDirectory(t);
  const state = join(directory, 'state/web');
  const records = lastingRecords(join(directory, 'records'), { device: string });
  await mkdir(state, { recursive: true });
  await records.save(state, { device: '8:1' });
  const saved = { version: 1, directory: state, device: '8:1' };
  assert.deepEqual(await records.find(state), saved);
  assert.deepEqual(await records.listLost(refuse), []);
  await records.save(join(directory, 'state/gone'), { device: '8:2' });
  const lost = { version: 1, directory: join(directory, 'state/gone'), device: '8:2' };
  assert.deepEqual(await records.listLost(refuse), [lost]);
  await records.remove(state);
  await records.remove(state);
  assert.equal(await records.find(state), undefined);
  assert.deepEqual(await records.list(refuse), [lost]);
  assert.deepEqual(await readdir(join(directory, 'records')), [
    `${lastingName(lost.directory)}.json`,
  ]);
});

test('where nothing was ever saved there are no records', async (t) => {
  const records = lastingRecords(join(await temporaryDirectory(t), 'none'), {});
  assert.deepEqual(await records.list(refuse), []);
  assert.equal(await records.find('/run/runx/web'), undefined);
});

test('a damaged record is told, and hides no other one', async (t) => {
  const directory = await temporaryDirectory(t);
  const records = lastingRecords(directory, { device: string });
  await records.save('/run/runx/web', { device: '8:1' });
  await writeFile(join(directory, 'a.json'), 'garbage');
  await writeFile(join(directory, 'b.json'), '{"version":1,"directory":"/x"}');
  await writeFile(join(directory, 'unrelated'), 'garbage');
  const damaged: string[] = [];
  const listed = await records.list((why) => damaged.push(why));
  assert.deepEqual(
    listed.map(({ device }) => device),
    ['8:1'],
  );
  assert.equal(damaged.length, 2);
  assert.match(damaged[0] ?? '', /a\.json is not JSON: /);
  assert.match(damaged[1] ?? '', /b\.json: device: /);
});

test('containers of one id below two roots have two names, which CNI plugins take', () => {
  const names = ['/run/runx/web', '/run/other/web', '/run/runx/a+b', `/run/${'x'.repeat(300)}`].map(
    lastingName,
  );
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^runx-[\w.-]{1,49}$/);
  assert.match(names[2] ?? '', /^runx-a_b-/);
});
