import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import {
  containerdLeftovers,
  ctr,
  ctrInDom0,
  startContainerd,
  stopContainerd,
} from '../support/containerd.ts';
import { inDom0, leftovers } from '../support/dom0.ts';
import { image, longEngineTest, orThrow } from '../support/engines.ts';
import { isFull } from '../support/full.ts';

const top = '/var/tmp/runx-test/snapshotter';

// containerd's snapshotters that give a container a block device, with all that they need.
const configuration = `
[plugins."io.containerd.snapshotter.v1.devmapper"]
  pool_name = "runx-test"
  root_path = "${top}/devmapper"
  base_image_size = "64MB"
[plugins."io.containerd.snapshotter.v1.blockfile"]
  root_path = "${top}/blockfile"
  scratch_file = "${top}/scratch"
  fs_type = "ext4"
  mount_options = []
  recreate_scratch = false
`;

const prepare = `
  set -e; mkdir -p "$1"; cd "$1"; export DM_DISABLE_UDEV=1
  truncate -s 64M scratch meta; truncate -s 1G data
  mkfs.ext4 -q -F scratch; modprobe dm-thin-pool
  meta=$(losetup --find --show meta) data=$(losetup --find --show data)
  for rootfs in auto block; do
    echo "rootfs = \\"$rootfs\\"" > $rootfs.toml
    printf '#!/bin/sh\\nexec runx --config %s "$@"\\n' "$1/$rootfs.toml" > $rootfs; chmod +x $rootfs
  done
  dmsetup create runx-test --table "0 $((2 << 20)) thin-pool $meta $data 128 0 1 skip_block_zeroing"`;

const clear = `
  cd "$1" || exit; export DM_DISABLE_UDEV=1
  dmsetup ls | awk '$1 ~ "^runx-test-" { print $1 }' | xargs -r -n 1 dmsetup remove
  dmsetup remove runx-test; losetup -O NAME,BACK-FILE --noheadings --raw | awk -v top="$1/" 'index($2, top) == 1 { print $1 }' | xargs -r losetup --detach
  cd /; rm -r "$1"`;

before(async () => {
  if (!isFull) return;
  orThrow(await inDom0(prepare, [top]), 'making a thin pool');
  await startContainerd('config-v2.toml', configuration);
});

after(async () => {
  if (!isFull) return;
  await stopContainerd();
  orThrow(await inDom0(clear, [top]), 'removing the thin pool');
});

afterEach(async () => {
  assert.equal(await containerdLeftovers(), '', 'containerd has nothing left');
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

for (const snapshotter of ['devmapper', 'blockfile']) {
  longEngineTest(`${snapshotter}: by 9p, and as a disk of the domain`, 'containerd', async (t) => {
    const known = await inDom0(
      `${ctrInDom0}; ctr plugins ls | awk -v id="$1" '$2 == id { print $NF }'`,
      [snapshotter],
    );
    if (known.stdout.length === 0) {
      t.skip(`this containerd has no snapshotter ${snapshotter}`);
      return;
    }
    assert.equal(known.stdout.toString(), 'ok\n', 'it is set up');
    const id = `on-${snapshotter}`;
    const looks =
      'awk \'$2 == "/" { print $3 }\' /proc/mounts; echo kept > /file; cat /etc/passwd | head -n 1';
    for (const [rootfs, type] of [
      ['auto', '9p'],
      ['block', 'overlay'],
    ] as const) {
      const options = ['--snapshotter', snapshotter, '--runc-binary', `${top}/${rootfs}`];
      const ran = await ctr(['run', '--rm', ...options, image, id, 'sh', '-c', looks]);
      assert.equal(ran.stdout.toString(), `${type}\nroot:x:0:0:root:/root:/bin/sh\n`, ran.stderr);
      assert.equal(ran.exitCode, 0);
    }
  });
}
