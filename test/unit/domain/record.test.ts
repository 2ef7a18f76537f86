import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import {
  type DomainRecord,
  domainDirectory,
  findDomain,
  listDomains,
  loadDomain,
  removeDomain,
  saveDomain,
  saveNewDomain,
} from '../../../src/domain/record.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const record: DomainRecord = {
  version: 1,
  name: 'web-0123abcd',
  uuid: '0123abcd-0000-4000-8000-000000000000',
  type: 'pvh',
  size: { memoryMiB: 256, maxMemoryMiB: 512, vcpus: 1, maxVcpus: 2, forDevicesMiB: 2 },
  boot: 'own-kernel',
  owner: { kind: 'container', id: 'web' },
  slots: { 1: 'web' },
};

test('a domain is read back as it was saved, with its domid once it has one', async (t) => {
  const root = await temporaryDirectory(t);
  await saveNewDomain(root, record);
  assert.deepEqual(await loadDomain(root, record.name), record);
  await saveDomain(root, { ...record, domid: 7 });
  assert.deepEqual(await loadDomain(root, record.name), { ...record, domid: 7 });
  assert.deepEqual(await listDomains(root), [record.name]);
});

test('a domain that was never saved, or is removed, is not there', async (t) => {
  const root = await temporaryDirectory(t);
  assert.equal(await findDomain(root, record.name), undefined);
  assert.deepEqual(await listDomains(root), []);
  await saveNewDomain(root, record);
  const other = 'web-89abcdef';
  await saveNewDomain(root, { ...record, name: other });
  await removeDomain(root, record.name);
  await removeDomain(root, record.name);
  assert.deepEqual(await listDomains(root), [other]);
  await removeDomain(root, other);
  assert.deepEqual(await readdir(root), []);
  assert.equal(await findDomain(root, record.name), undefined);
  await assert.rejects(loadDomain(root, record.name), {
    message: `${root}/@domains/web-0123abcd/domain.json does not exist`,
  });
});

for (const [what, text, message] of [
  ['not JSON', 'garbage', /domain\.json is not JSON: /],
  ['without a name', '{"version":1}', /domain\.json: name: /],
  ['of another version', '{"version":2}', /domain\.json: version: /],
] as const) {
  test(`a domain.json that is ${what} is named in the error`, async (t) => {
    const root = await temporaryDirectory(t);
    await saveNewDomain(root, record);
    await writeFile(join(domainDirectory(root, record.name), 'domain.json'), text);
    await assert.rejects(loadDomain(root, record.name), { message });
  });
}
