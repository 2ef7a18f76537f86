import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';

const top = '/var/tmp/runx-test/share';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

// 9P by diod takes 64 KiB a message; the guest sends more, and its end and its failure may
// come in any piece of that.
test('what is read and written in large pieces, up to the end of a file or of its disk', async () => {
  const script = [
    ...['1M', '64k', '131072', '100003'].map((size) => `dd if=/data/big bs=${size} | sha256sum`),
    'dd if=/data/big of=/data/written bs=1M',
    'dd if=/data/big of=/data/written bs=100003 skip=9 seek=9 count=3 conv=notrunc',
    'dd if=/data/written bs=1M | sha256sum',
    'dd if=/data/big of=/data/small/full bs=1M || echo full',
    'dd if=/data/big bs=900k count=1 >> /data/appended; dd if=/data/big bs=300k count=1 >> /data/appended',
    'for writer in 1 2 3 4 5 6; do dd if=/data/big of=/data/writer$writer bs=1M & done; wait',
    'for round in 1 2 3; do',
    '  for reader in 1 2 3 4 5 6 7 8; do cat /data/big > /dev/null & done',
    '  for reader in 1 2 3; do dd if=/data/big of=/data/killed bs=1M & done',
    '  sleep 0.3; kill -9 $(jobs -p); wait',
    'done',
    'dd if=/data/big bs=1M | sha256sum',
  ];
  const bundle = await makeBundle('share', ['sh', '-c', script.join('\n')], (spec) => ({
    ...spec,
    mounts: [
      ...spec.mounts,
      { destination: '/data', type: 'bind', source: `${top}/data`, options: ['rbind'] },
    ],
  }));
  const result = await inDom0(
    `set -e; mkdir -p "$2/data/small"; cd "$2/data"; mount -t tmpfs -o size=700k small small
     trap 'umount small; rm -r "$2"' EXIT
     head -c 1523456 /dev/urandom > big
     runx run --bundle "$1" share < /dev/null 2> /dev/null | sed "s/$(sha256sum < big | cut -c 1-64)/same/"
     (head -c $((900 * 1024)) big; head -c $((300 * 1024)) big) | busybox cmp - appended
     stat -c %s small/full; busybox cmp -n 716800 small/full big; busybox cmp written big && echo equal
     for writer in 1 2 3 4 5 6; do busybox cmp writer$writer big; done`,
    [bundle, top],
  );
  assert.equal(
    result.stdout.toString(),
    [...Array(5).fill('same  -'), 'full', 'same  -', '716800', 'equal']
      .map((line) => `${String(line)}\n`)
      .join(''),
    result.stderr,
  );
});
