import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findDiskSources } from '../../../src/container/volumes.ts';
import { RunxError } from '../../../src/errors.ts';
import { specWith } from '../../support/spec.ts';

const find = (...mounts: readonly object[]) => findDiskSources(specWith({ mounts }).mounts);

test('what is on no block device has none', async () => {
  const sources = await find(
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/tmp', type: 'tmpfs', source: '/no/such/file' },
    { destination: '/run', type: 'tmpfs' },
    { destination: '/v', type: 'ext4', source: '/etc', options: ['bind'] },
  );
  assert.equal(sources.size, 0);
});

const refused: readonly [why: string, mount: object][] = [
  [
    'mount /d: source "/dev/null" is not a block device of this host, which the type ext4 needs',
    { destination: '/d', type: 'ext4', source: '/dev/null' },
  ],
  [
    'mount /d: source "image" is not a block device of this host, which the type erofs needs',
    { destination: '/d', type: 'erofs', source: 'image' },
  ],
  [
    'mount /d: source "" is not a block device of this host, which the type ext4 needs',
    { destination: '/d', type: 'ext4' },
  ],
  [
    'mount /d: source /no/device: no such file or directory',
    { destination: '/d', type: 'ext4', source: '/no/device' },
  ],
];
for (const [why, mount] of refused) {
  test(`refused: ${why}`, async () => {
    await assert.rejects(find(mount), new RunxError(why));
  });
}
