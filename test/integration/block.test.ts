import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle, makeRootfs } from '../support/dom0.ts';
import { long } from '../support/full.ts';

const top = '/var/tmp/runx-test/block';
const rootfs = `${top}/rootfs`;
const config = `${top}/runx.toml`;
const runx = `runx --config ${config}`;

const configure = async (kind: 'auto' | 'block'): Promise<void> => {
  const lines = [`rootfs = "${kind}"`, `data_root = "${top}/data"`, ''];
  await inDom0('cat > "$1"', [config], lines.join('\n'));
};

/** Mounts the image `type`, made of the tests' rootfs, on a loop device. */
const mountRootfs = async (type: 'ext4' | 'xfs' | 'erofs', mode: 'ro' | 'rw'): Promise<void> => {
  const { exitCode, stderr } = await inDom0(
    `set -e; mkdir -p "$1/rootfs"; cd "$1"; rm -f "$3"
     if [ "$3" = ext4 ]; then truncate -s 64M ext4; mke2fs -q -F -t ext4 -d "$2" ext4
     elif [ "$3" = xfs ]; then truncate -s 320M xfs; mkfs.xfs -q xfs; mkdir -p made; mount -o loop xfs made; cp -a "$2/." made; umount made
     else mkfs.erofs --quiet erofs "$2"; fi
     mount -t "$3" -o loop,$4,nosuid "$3" rootfs`,
    [top, await makeRootfs(), type, mode],
  );
  assert.deepEqual([exitCode, stderr], [0, '']);
};

// "ro" or "rw": what the file system is, whatever the mount says.
const state = `findmnt -no FS-OPTIONS --mountpoint ${rootfs} | cut -d, -f1`;

beforeEach(() => inDom0('mkdir -p "$1"', [top]));

after(() => inDom0('rm -rf "$1"', [top]));

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
  const { stdout } = await inDom0(
    `for directory in "$1"/rootfs "$1"/elsewhere; do while mountpoint -q $directory; do umount $directory || break; done; done
     losetup -j "$1/data-image" -O NAME -n | xargs -r losetup -d
     look() { losetup -a | grep -F "$1"; ls "$1"/data/mounts "$1"/data/layers 2>/dev/null | grep -E 'json|ext4'; grep -F "$1" /proc/self/mounts; }
     deadline=$((SECONDS + 20)); while [ -n "$(look "$1")" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done; look "$1"`,
    [top],
  );
  assert.equal(stdout.toString(), '', 'no loop device, record or mount is left');
});

const bundleOf = (name: string, script: string, changes: object = {}): Promise<string> =>
  makeBundle(name, ['sh', '-c', script], (spec) => ({
    ...spec,
    root: { path: rootfs, readonly: false },
    ...changes,
  }));

const writes = 'cat /etc/passwd; echo more >> /etc/passwd; cat /etc/passwd; echo x > /new; ls /new';
const written = 'root:x:0:0:root:/root:/bin/sh\n'.repeat(2) + 'more\n/new\n';

for (const type of ['ext4', 'xfs', 'erofs'] as const) {
  test(
    `a read-only ${type} is the domain's disk, with no 9P server`,
    type === 'ext4' ? {} : long,
    async () => {
      await configure('auto');
      await mountRootfs(type, 'ro');
      const bundle = await bundleOf(`block-${type}`, `${writes}; echo ready; read -r go; exit 7`);
      const { stdout, stderr } = await inDom0(
        `mkfifo "$1/in"; exec 4<>"$1/in"
       ${runx} run --bundle "$1" block <"$1/in" >"$1/out" & child=$!
       until grep -qs ready "$1/out"; do kill -0 $child || break; sleep 0.1; done
       ps -eo comm=,args= | awk '$1 ~ /^(diod|.*qemu-)/'; ls "$2"/data/images 2>/dev/null
       ${state}; echo >&4; wait $child; echo $?; ${state}; cat "$1/out" "${rootfs}/etc/passwd"; rm "$1/in"`,
        [bundle, top],
      );
      assert.equal(stderr, '');
      assert.equal(
        stdout.toString(),
        `ro\n7\nro\n${written}ready\nroot:x:0:0:root:/root:/bin/sh\n`,
      );
    },
  );
}

test('a writable one is read-only while domains have it, and keeps what it was', long, async () => {
  await configure('block');
  await mountRootfs('ext4', 'rw');
  const bundle = await bundleOf('block-rw', `${writes}; while :; do sleep 1; done`);
  const { stdout, stderr } = await inDom0(
    `for id in one two; do
       ${runx} run --detach --bundle "$1" block-$id </dev/null >"$2/$id.out" 2>&1
       until grep -qs /new "$2/$id.out"; do [ $SECONDS -lt 120 ] && sleep 0.2 || break; done
       cat "$2/$id.out"
     done
     ${state}; touch ${rootfs}/host
     ${runx} delete --force block-one; ${state}
     ${runx} delete --force block-two; ${state}
     touch ${rootfs}/host; [ -e ${rootfs}/new ] || echo none; cat ${rootfs}/etc/passwd; findmnt -no VFS-OPTIONS ${rootfs} | grep -o nosuid`,
    [bundle, top],
  );
  assert.match(stderr, /^touch: .*host.*: Read-only file system\n$/);
  assert.equal(
    stdout.toString(),
    `${written}${written}ro\nro\nrw\nnone\nroot:x:0:0:root:/root:/bin/sh\nnosuid\n`,
  );
});

test('one that is mounted elsewhere too, or written to, is refused', long, async () => {
  await configure('block');
  await mountRootfs('ext4', 'rw');
  const bundle = await bundleOf('block-refused', 'true');
  const { stdout, stderr } = await inDom0(
    `mkdir "$2/elsewhere"; mount "$(findmnt -no SOURCE ${rootfs})" "$2/elsewhere"
     ${runx} run --bundle "$1" block; echo $?; umount "$2/elsewhere"
     exec 5>${rootfs}/busy; ${runx} run --bundle "$1" block; echo $?; exec 5>&-; ${state}`,
    [bundle, top],
  );
  assert.equal(stdout.toString(), '1\n1\nrw\n');
  assert.match(
    stderr,
    /^runx: rootfs \S+: not a block device: \/dev\/loop\d+ is writable and also mounted on \S+\/elsewhere: set rootfs to "auto"\nrunx: rootfs \S+: cannot make \/dev\/loop\d+ read-only on this host: somebody has a file of it open for writing\n$/,
  );
});

test('by auto, one that the host can write to goes by 9p', long, async () => {
  await configure('auto');
  await mountRootfs('ext4', 'rw');
  const bundle = await bundleOf('block-9p', 'echo x > /written');
  const { stdout } = await inDom0(
    `${runx} run --bundle "$1" block; echo $?; cat ${rootfs}/written; ${state}`,
    [bundle],
  );
  assert.equal(stdout.toString(), '0\nx\nrw\n');
});

test('a killed monitor and a killed create give the mount back', long, async () => {
  await configure('block');
  await mountRootfs('ext4', 'rw');
  const bundle = await bundleOf('block-killed', 'while :; do sleep 1; done');
  const { stdout } = await inDom0(
    `${runx} run --detach --bundle "$1" --pid-file "$2/pid" block </dev/null >/dev/null 2>&1
     ${state}; kill -9 $(cat "$2/pid"); ${runx} delete --force block; ${state}
     for seconds in 0.3 0.6 0.9 1.2 1.6 2; do
       timeout -s KILL $seconds ${runx} create --bundle "$1" block </dev/null >/dev/null 2>&1
       ${runx} delete --force block; ${state}
     done`,
    [bundle, top],
  );
  assert.equal(stdout.toString(), `ro\n${'rw\n'.repeat(7)}`);
});

const volume = (options: readonly string[]) => [
  { destination: '/proc', type: 'proc', source: 'proc', options: [] },
  { destination: '/data', type: 'ext4', source: `${top}/device`, options },
];

test("a volume on a block device keeps its data, and is the container's alone", long, async () => {
  await configure('auto');
  const device = (mounts: object[]) => (spec: object) => ({ ...spec, mounts });
  const script =
    'cat /data/file; echo "$$ $(cat /proc/mounts | grep -c " /data ext4 rw")" >> /data/file';
  const bundle = await makeBundle(
    'block-volume',
    ['sh', '-c', script],
    device(volume(['noatime'])),
  );
  const readonly = await makeBundle(
    'block-volume-ro',
    ['sh', '-c', 'cat /data/file; echo x > /data/file; while :; do sleep 1; done'],
    device(volume(['ro'])),
  );
  const { stdout, stderr } = await inDom0(
    `set -e; cd "$3"; truncate -s 64M data-image; mke2fs -q -F -t ext4 data-image
     ln -sf "$(losetup --find --show data-image)" device; set +e
     mkdir -p elsewhere; mount device elsewhere
     ${runx} run --bundle "$1" block; echo $?; umount elsewhere
     for turn in 1 2; do ${runx} run --bundle "$1" block; echo $?; done
     ${runx} run --detach --bundle "$2" block </dev/null >out 2>&1
     until grep -qs 'only' out; do [ $SECONDS -lt 120 ] && sleep 0.2 || break; done
     mount device elsewhere 2>/dev/null; echo $?; ${runx} run --bundle "$1" second; echo $?
     ${runx} delete --force block; grep -v only out
     until mount device elsewhere 2>/dev/null; do [ $SECONDS -lt 200 ] && sleep 0.2 || break; done; cat elsewhere/file; umount elsewhere`,
    [bundle, readonly, top],
  );
  const inUse = "runx: disk /dev/loop\\d+: in use: mounted on this host, or another container's\n";
  assert.match(
    stderr,
    new RegExp(`^${inUse}cat: can't open '/data/file': No such file or directory\n${inUse}$`),
  );
  assert.equal(stdout.toString(), '1\n0\n1 1\n0\n32\n1\n1 1\n1 1\n1 1\n1 1\n');
});
