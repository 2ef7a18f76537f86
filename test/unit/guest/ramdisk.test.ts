import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { buildRamdisk } from '../../../src/guest/ramdisk.ts';
import { renderContainerRecord } from '../../../src/guest/record.ts';
import { RunxError } from '../../../src/errors.ts';
import { parseCpio } from '../../support/cpio-archive.ts';
import { guestContainer } from '../../support/guest-container.ts';
import { processWith, specWith } from '../../support/spec.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const container = guestContainer(specWith({}), processWith({}));

test("the container's own files follow the base ramdisk, for root alone to read", async (t) => {
  const base = join(await temporaryDirectory(t), 'ramdisk');
  const bytes = Buffer.from('any bytes at all, compressed or not');
  await writeFile(base, bytes);
  const ramdisk = await buildRamdisk(base, container);
  assert.deepEqual(ramdisk.subarray(0, bytes.length), bytes);
  const files = parseCpio(ramdisk.subarray(bytes.length));
  assert.deepEqual(
    files.map(({ path, mode, content }) => [path, mode, content.toString()]),
    [['runx/containers/1', 0o100600, renderContainerRecord(container).toString()]],
  );
});

test('a base ramdisk that cannot be read is named', async (t) => {
  const base = join(await temporaryDirectory(t), 'ramdisk');
  await assert.rejects(
    buildRamdisk(base, container),
    new RunxError(`ramdisk ${base}: ENOENT: no such file or directory, open '${base}'`),
  );
});
