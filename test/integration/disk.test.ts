import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { capabilitySets, inDom0, leftovers, makeBundle } from '../support/dom0.ts';
import { long } from '../support/full.ts';

const top = '/var/tmp/runx-test/disk';
const rootfs = `${top}/rootfs`;
const config = `${top}/runx.toml`;
const runx = `runx --config ${config}`;

/** Writes runx.toml, with these lines beside those that every test here has. */
const configure = async (...lines: readonly string[]): Promise<void> => {
  const text = ['rootfs = "disk"', `data_root = "${top}/data"`, ...lines, ''].join('\n');
  await inDom0('cat > "$1"', [config], text);
};

// A tree with all that an image has to keep.
const makeTree = `
  set -e; umask 022; mkdir -p "$1"/{bin,etc,tmp,odd/deep}; cp /usr/bin/busybox "$1/bin/busybox"
  for name in sh cat chmod dd df echo find grep head ls mkdir mount mv rm sha256sum sort stat sync tail touch tr xargs
  do ln -s busybox "$1/bin/$name"; done
  echo "root:x:0:0:root:/root:/bin/sh" > "$1/etc/passwd"
  cd "$1/odd"; chmod 751 ..; chown 7:8 ..
  mknod null c 1 3; mknod loop b 7 9; mkfifo fifo
  echo hard > one; ln one two; chown 1000:70000 one; chmod 4711 one; chmod 1777 deep
  ln -s /etc/shadow link; ln -s deep/../one deep/up; truncate -s 64M sparse; : > empty
  echo end | dd of=sparse bs=1 seek=40000000 conv=notrunc status=none
  head -c 300000 /dev/urandom > noise; printf x > "$(printf 'odd "name\\377')"
  touch -d '2001-02-03 04:05:06.789 UTC' one deep; touch -h -d @1 link
  python3 -c 'import os
os.setxattr("one", "user.note", b"kept"); os.setxattr("deep", "trusted.mark", b"kept")
os.setxattr("noise", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))'`;

before(async () => {
  const made = await inDom0(makeTree, [rootfs]);
  assert.deepEqual([made.exitCode, made.stderr], [0, '']);
});

after(() => inDom0('rm -rf "$1"', [top]));

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
  // The last to close a loop device may be the kernel, a moment after its domain.
  const { stdout } = await inDom0(`
    look() { losetup -a | grep -F ${top}; ls ${top}/data/layers 2>/dev/null; grep -F ${top} /proc/self/mounts; }
    deadline=$((SECONDS + 20)); while [ -n "$(look)" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done; look`);
  assert.equal(stdout.toString(), '', 'no loop device, layer or mount is left');
});

const bundleOf = (name: string, script: string, changes: object = {}): Promise<string> =>
  makeBundle(name, ['sh', '-c', script], (spec) => ({
    ...spec,
    process: { ...spec.process, capabilities: capabilitySets(['CAP_DAC_OVERRIDE', 'CAP_FOWNER']) },
    root: { path: rootfs, readonly: false },
    ...changes,
  }));

const images = async (): Promise<readonly string[]> => {
  const { stdout } = await inDom0('ls "$1"', [`${top}/data/images`]);
  return stdout.toString().split('\n').slice(0, -1);
};

// What is of interest of each file; sizes of directories are those of their file system.
const describe = `cd "$1" && find . | sort | while IFS= read -r file; do
    if [ -d "$file" ] && [ ! -h "$file" ]; then stat -c '%n %f %u %g %Y' "$file"
    else stat -c '%N %f %u %g %Y %h %s %t %T' "$file"; fi
  done; find . -type f | sort | tr '\\n' '\\0' | xargs -0 sha256sum`;

test('what the container sees is the tree, file by file', async () => {
  await configure();
  const host = await inDom0('chroot "$1" /bin/sh -c "$2" sh /odd', [rootfs, describe]);
  const script = `set -- /odd; ${describe}; stat -c '%f %u %g' /`;
  const bundle = await bundleOf('disk-tree', script);
  const { stdout, stderr, exitCode } = await inDom0(`${runx} run --bundle "$1" disk-tree`, [
    bundle,
  ]);
  assert.deepEqual([stderr, exitCode], ['', 0]);
  assert.equal(stdout.toString(), `${host.stdout.toString()}41e9 7 8\n`);
});

test(
  'the image keeps extended attributes, fractions of seconds and holes of links',
  long,
  async () => {
    await configure();
    const bundle = await bundleOf('disk-image', 'true');
    await inDom0(`${runx} run --bundle "$1" disk-image`, [bundle]);
    const program = `import hashlib, os, sys
def tell(top):
    for directory, names, files in os.walk(top):
        for name in [""] + names + files:
            path = os.path.join(directory, name)
            s = os.lstat(path)
            attributes = [(a, os.getxattr(path, a, follow_symlinks=False)) for a in sorted(os.listxattr(path, follow_symlinks=False))]
            yield (os.path.relpath(path, top), s.st_mode, s.st_uid, s.st_gid, s.st_mtime_ns, s.st_rdev, attributes)
print(*sorted(repr(entry) for entry in tell(sys.argv[1])), sep="\\n")`;
    const { stdout, stderr, exitCode } = await inDom0(
      `set -e; mkdir -p "$1/image"; mount -t erofs -o ro,loop "$1"/data/images/*.erofs "$1/image"
     python3 -c "$2" "$1/image" > "$1/seen"; umount "$1/image"; python3 -c "$2" "$1/rootfs" > "$1/is"
     wc -l < "$1/is"; diff "$1/is" "$1/seen"`,
      [top, program],
    );
    assert.deepEqual([stderr, exitCode], ['', 0]);
    assert.match(stdout.toString(), /^\d{2,}\n$/);
  },
);

test('no QEMU and no diod, and a second start makes no image', async () => {
  await configure();
  const bundle = await bundleOf('disk-twice', 'echo ready; read -r go; echo $go; exit 7');
  const script = `
    rm -f "$1/out"; mkfifo "$1/in"; exec 4<>"$1/in"
    ${runx} run --bundle "$1" "$2" <"$1/in" >"$1/out" & child=$!
    until [ -s "$1/out" ]; do kill -0 $child || break; sleep 0.1; done
    ps -eo comm=,args= | awk '$1 ~ /^(diod|.*qemu-)/'
    losetup -a | grep -c images/
    echo 'exit now' >&4; wait $child; echo $?; cat "$1/out"; rm "$1/in"`;
  for (const id of ['disk-first', 'disk-second']) {
    const { stdout } = await inDom0(script, [bundle, id]);
    assert.equal(stdout.toString(), '1\n7\nready\nexit now\n', id);
  }
  assert.equal((await images()).length, 1);
});

test('gc keeps an image that is in use, also where data_root is a link', async () => {
  const script = `
    cd "$1"; mkdir -p other/images; ln -s other link
    printf '%s\\n' "data_root = '$1/link'" 'images_mib = 1' > gc.toml
    for name in used old; do
      head -c 2M /dev/urandom > other/images/$name.erofs; touch -d @1000 other/images/$name.erofs
    done
    loop=$(losetup --find --show --read-only other/images/used.erofs)
    runx --config gc.toml gc; ls other/images; losetup -d "$loop"; runx --config gc.toml gc`;
  const { stdout, stderr } = await inDom0(script, [top]);
  const image = (name: string): string => `removed ${top}/link/images/${name}.erofs\n`;
  assert.deepEqual(
    [stdout.toString(), stderr],
    [`${image('old')}used.erofs\n${image('used')}`, ''],
  );
});

test('what is written stays in the domain and ends with it', long, async () => {
  await configure();
  const bundle = await bundleOf(
    'disk-write',
    `ls /new; mkdir /new; echo more >> /etc/passwd; mv /odd /other; rm /bin/df
     echo x >> /other/one; stat -c %h:%s /other/one /other/two; tail -n 1 /etc/passwd; ls /other/deep`,
  );
  for (const id of ['disk-write-1', 'disk-write-2']) {
    const { stdout, stderr } = await inDom0(`${runx} run --bundle "$1" "$2"`, [bundle, id]);
    assert.match(stderr, /^ls: \/new: No such file or directory\n$/);
    assert.equal(stdout.toString(), '2:7\n2:7\nmore\nup\n', id);
  }
  const { stdout } = await inDom0('ls "$1"; cat "$1/etc/passwd"', [rootfs]);
  assert.equal(stdout.toString(), 'bin\netc\nodd\ntmp\nroot:x:0:0:root:/root:/bin/sh\n');
});

// More than the domain's memory.
const fill =
  'dd if=/dev/zero of=/data bs=1M count=200 2>/dev/null && echo all; ls -l /data | grep -c .';

test('a layer in memory takes half of it', long, async () => {
  await configure();
  const bundle = await bundleOf(
    'disk-memory',
    `${fill}; dd if=/dev/zero of=/more bs=1M count=1; df -m / | tail -n 1`,
  );
  const { stdout, stderr } = await inDom0(`${runx} run --bundle "$1" disk-memory`, [bundle]);
  assert.match(stderr, /No space left on device/);
  const [, size] = /^1\noverlay +(\d+) /.exec(stdout.toString()) ?? [];
  assert.ok(Number(size) > 100 && Number(size) <= 128, `${size} MiB is half of 256`);
});

test('a layer on a disk takes more than the memory, and gives it back', async () => {
  await configure('writable_layer = "disk"', 'writable_layer_mib = 400');
  const bundle = await bundleOf('disk-layer', `${fill}; rm /data; sync; echo done; read -r go`);
  const { stdout, exitCode } = await inDom0(
    `mkfifo "$1/in"; exec 4<>"$1/in"
     ${runx} run --bundle "$1" disk-layer <"$1/in" >"$1/out" & child=$!
     until grep -q done "$1/out"; do kill -0 $child || break; sleep 0.2; done
     deadline=$((SECONDS + 60))
     size() { stat -c %b "$2"/data/layers/*.ext4; }
     until [ $(($(size "$@") / 2048)) -lt 50 ] || [ $SECONDS -gt $deadline ]; do sleep 1; done
     [ $(($(size "$@") / 2048)) -lt 50 ] && echo small
     echo >&4; wait $child; echo $?; cat "$1/out"; rm "$1/in"`,
    [bundle, top],
  );
  assert.equal(exitCode, 0);
  assert.equal(stdout.toString(), 'small\n0\nall\n1\ndone\n');
});

test('a read-only rootfs is one, with its mount points', long, async () => {
  await configure();
  const bundle = await bundleOf('disk-readonly', 'echo x > /x; ls -d /proc/1 /dev/null', {
    root: { path: rootfs, readonly: true },
  });
  const { stdout, stderr } = await inDom0(`${runx} run --bundle "$1" disk-readonly`, [bundle]);
  assert.equal(stdout.toString(), '/dev/null\n/proc/1\n');
  assert.match(stderr, /can't create \/x: Read-only file system/);
});

const mounts = [
  { destination: '/proc', type: 'proc', source: 'proc', options: [] },
  { destination: '/etc/hosts', type: 'bind', source: `${top}/hosts`, options: ['bind'] },
];

test('volumes go by diod', long, async () => {
  await configure();
  await inDom0('mkdir -p "$1/volume"; echo name > "$1/hosts"', [top]);
  const volume = { destination: '/v', type: 'bind', source: `${top}/volume`, options: ['bind'] };
  const bundle = await bundleOf('disk-volume', 'cat /etc/hosts; echo back > /v/file', {
    mounts: [...mounts, volume],
  });
  const { stdout } = await inDom0(`${runx} run --bundle "$1" disk-volume; cat "$2/volume/file"`, [
    bundle,
    top,
  ]);
  assert.equal(stdout.toString(), 'name\nback\n');
});

test('without diod, a file is a copy', async () => {
  await configure('diod = "/no/diod"');
  await inDom0('echo name > "$1/hosts"; chmod 640 "$1/hosts"; chown 5:6 "$1/hosts"', [top]);
  const script = "cat /etc/hosts; echo more >> /etc/hosts; stat -c '%a %u %g %s' /etc/hosts";
  const bundle = await bundleOf('disk-copy', script, { mounts });
  const { stdout, stderr } = await inDom0(`${runx} run --bundle "$1" disk-copy; cat "$2/hosts"`, [
    bundle,
    top,
  ]);
  assert.equal(stderr, '');
  assert.equal(stdout.toString(), 'name\n640 5 6 10\nname\n');
});

test('containers of one overlay share the image', long, async () => {
  await configure();
  const bundle = await bundleOf('disk-overlay', 'cat /etc/passwd', {
    root: { path: `${top}/merged`, readonly: false },
  });
  const others = await images();
  const { stdout, stderr } = await inDom0(
    `cd "$2"; mkdir -p merged
     for name in one two; do
       mkdir -p $name/up $name/work
       mount -t overlay -o lowerdir="$2/rootfs",upperdir="$2/$name/up",workdir="$2/$name/work" overlay merged
       ${runx} run --bundle "$1" disk-overlay-$name
       umount merged
     done`,
    [bundle, top],
  );
  assert.equal(stderr, '');
  assert.equal(stdout.toString(), 'root:x:0:0:root:/root:/bin/sh\n'.repeat(2));
  assert.equal((await images()).length, others.length + 1);
});

test(
  'a create that is killed at any time leaves nothing that delete does not find',
  long,
  async () => {
    await configure('writable_layer = "disk"', 'writable_layer_mib = 100');
    const bundle = await bundleOf('disk-killed', 'true');
    for (const seconds of ['0.3', '0.6', '0.9', '1.2', '1.6', '2']) {
      const { stderr } = await inDom0(
        `rm -f "$2"/data/images/*; (timeout -s KILL "$3" ${runx} create --bundle "$1" disk-killed </dev/null >/dev/null 2>&1; true) 2>/dev/null
       ${runx} delete --force disk-killed; ${runx} gc >/dev/null; ls "$2"/data/images | grep -F .new >&2`,
        [bundle, top, seconds],
      );
      assert.equal(stderr, '', `after ${seconds} s`);
    }
  },
);

test('a container that is deleted by force leaves no disk', long, async () => {
  await configure('writable_layer = "disk"', 'writable_layer_mib = 100');
  const bundle = await bundleOf('disk-forced', 'sleep 1000');
  const { stderr } = await inDom0(
    `${runx} run --detach --bundle "$1" disk-forced </dev/null >/dev/null; ${runx} delete --force disk-forced`,
    [bundle],
  );
  assert.equal(stderr, '');
});
