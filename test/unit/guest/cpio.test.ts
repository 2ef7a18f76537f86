import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { type CpioEntry, renderCpio } from '../../../src/guest/cpio.ts';
import { parseCpio } from '../../support/cpio-archive.ts';

const entries: readonly CpioEntry[] = [
  { path: 'bin', mode: 0o040755 },
  { path: 'bin/sh', mode: 0o120777, content: Buffer.from('busybox') },
  { path: 'dev/console', mode: 0o020600, device: { major: 5, minor: 1 } },
  { path: 'empty', mode: 0o100644, content: Buffer.alloc(0) },
  { path: 'é', mode: 0o100600, content: Buffer.from([0, 1, 254, 255]) },
];

test('an archive holds its entries as they were given', () => {
  const files = parseCpio(renderCpio(entries));
  assert.deepEqual(
    files.map(({ path, mode, device, content }) => ({ path, mode, device, content })),
    entries.map(({ path, mode, device, content }) => ({
      path,
      mode,
      device: [device?.major ?? 0, device?.minor ?? 0],
      content: Buffer.from(content ?? []),
    })),
  );
});

test("an archive's files belong to root and have no time", () => {
  for (const { path, owner, modified } of parseCpio(renderCpio(entries))) {
    assert.deepEqual({ owner, modified }, { owner: [0, 0], modified: 0 }, path);
  }
});

test('no two files share an inode, which would make them one file', () => {
  const inodes = parseCpio(renderCpio(entries)).map(({ inode }) => inode);
  assert.equal(new Set(inodes).size, entries.length);
});

test('names and contents of every length are padded to four bytes', () => {
  for (let length = 1; length <= 9; length += 1) {
    const entry = { path: 'n'.repeat(length), mode: 0o100600, content: Buffer.alloc(length, 'c') };
    const archive = renderCpio([entry]);
    assert.equal(archive.length % 4, 0, `length ${length}`);
    const [file] = parseCpio(archive);
    assert.deepEqual([file?.path, file?.content], [entry.path, entry.content]);
  }
});

test('the same entries give the same bytes', () => {
  assert.deepEqual(renderCpio(entries), renderCpio(structuredClone(entries)));
});

test("the system's cpio lists the archive", (t) => {
  const cpio = spawnSync('cpio', ['-t', '--quiet'], { input: renderCpio(entries) });
  if (cpio.error) {
    t.skip('there is no cpio on this machine');
    return;
  }
  assert.equal(cpio.stderr.toString(), '');
  assert.equal(cpio.stdout.toString(), 'bin\nbin/sh\ndev/console\nempty\né\n');
});
