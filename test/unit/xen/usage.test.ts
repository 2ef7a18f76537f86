import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { findDisks } from '../../../src/xen/disk-statistics.ts';
import { parseDomainUsage } from '../../../src/xen/domain-list.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

// Recorded on Xen 4.17 (Debian 12).
const recorded = (name: string): Promise<string> =>
  readFile(new URL(`../../fixtures/xl/${name}`, import.meta.url), 'utf8');

test('xl list NAME says memory, virtual CPUs and CPU time', async () => {
  const text = await recorded('list.txt');
  assert.deepEqual(parseDomainUsage(text), { memoryMiB: 256, vcpus: 1, cpuTenths: 26 });
});

test('a name longer than its column moves the others', () => {
  const name = 'a'.repeat(40);
  const text = `Name                                        ID   Mem VCPUs\tState\tTime(s)\n${name}-5f0c9a1e   17  4096    12     ------   12345.6\n`;
  assert.deepEqual(parseDomainUsage(text), { memoryMiB: 4096, vcpus: 12, cpuTenths: 123_456 });
});

for (const text of [
  '',
  'Name ID\n',
  'Name                                        ID   Mem VCPUs\tState\tTime(s)\n',
  'Name                                        ID   Mem VCPUs\tState\tTime(s)\nweb 1 256 1 -b----\n',
]) {
  test(`${JSON.stringify(text.slice(-20))} is no list of one domain`, () => {
    assert.throws(
      () => parseDomainUsage(text),
      new RunxError(`xl list: unexpected output: ${JSON.stringify(text)}`),
    );
  });
}

test("a domain's disks are found by its id, and by no other that begins like it", async (t) => {
  const directory = await temporaryDirectory(t);
  const counters = { rd_req: '1', wr_req: '2', rd_sect: '8', wr_sect: '16' };
  for (const device of ['vbd-17-51728', 'vbd-17-51712', 'vbd-1-51712', 'vif-17-0']) {
    await mkdir(join(directory, device, 'statistics'), { recursive: true });
    for (const [name, text] of Object.entries(counters)) {
      await writeFile(join(directory, device, 'statistics', name), `${text}\n`);
    }
  }
  const disk = { reads: 1, writes: 2, readBytes: 4096, writtenBytes: 8192 };
  assert.deepEqual(await findDisks(17, directory), [
    { device: 51_712, ...disk },
    { device: 51_728, ...disk },
  ]);
  assert.deepEqual(await findDisks(17, join(directory, 'none')), []);
});
