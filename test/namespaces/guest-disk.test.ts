import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { monitorProgram } from '../support/built-programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const mkfs = '/usr/bin/mkfs.erofs';
const gcc = '/usr/bin/gcc';

const lack = (): string | false => {
  if (process.getuid?.() !== 0) return 'only root mounts images';
  const missing = [mkfs, gcc, '/usr/bin/python3', '/dev/loop-control'].find(
    (file) => !existsSync(file),
  );
  if (missing !== undefined) return `no ${missing}`;
  const known = readFileSync('/proc/filesystems', 'utf8');
  const unknown = ['erofs', 'overlay', 'ext4'].find((type) => !known.includes(`\t${type}\n`));
  return unknown === undefined ? false : `this kernel has no ${unknown}`;
};
const options = { skip: lack() };

// The guest's part that mounts the rootfs, with nothing of this machine's in it.
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const built = mkdtempSync(join(tmpdir(), 'runx-rootfs-'));
before(() => {
  if (options.skip !== false) return;
  const guest = ['container/rootfs.c', 'containers.c', 'file.c'];
  const sources = [...guest.map((name) => `initrd/process/${name}`), 'src/protocol/retry.c'];
  const flags = ['-std=c11', '-D_DEFAULT_SOURCE', '-static', '-o', join(built, 'rootfs')];
  execFileSync(gcc, [...flags, 'test/fixtures/rootfs/main.c', ...sources], { cwd: checkout });
});
after(() => rmSync(built, { recursive: true }));

const python = (program: string, ...args: string[]): string =>
  execFileSync('/usr/bin/python3', ['-c', program, ...args], { encoding: 'utf8' });

// Of every kind, with all that a file can have.
const makeTree = `
import os, socket, stat, sys
os.makedirs(sys.argv[1] + "/deep/" + "n" * 200); os.chdir(sys.argv[1])
def write(name, content):
    with open(name, "wb") as file: file.write(content)
write("one", b"hard"); os.link("one", "two"); os.chown("one", 1000, 70000); os.chmod("one", 0o4711)
write("noise", os.urandom(300000)); write("zeros", bytes(300000)); write("empty", b"")
write(b"odd \\xff\\n\\"name'", b"x"); os.symlink("/etc/shadow", "link"); os.symlink("../one", "deep/up")
with open("sparse", "wb") as file: file.truncate(64 << 20); file.seek(40000000); file.write(b"end")
os.mknod("null", 0o666 | stat.S_IFCHR, os.makedev(1, 3)); os.mknod("block", 0o600 | stat.S_IFBLK, os.makedev(7, 300))
os.mkfifo("fifo"); socket.socket(socket.AF_UNIX).bind("socket")
os.setxattr("one", "user.note", b"kept"); os.setxattr("deep", "trusted.mark", b"kept")
os.setxattr("noise", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
os.setxattr("zeros", "system.posix_acl_access", bytes.fromhex("02000000" "01000600ffffffff" "0200040005000000" "04000400ffffffff" "10000400ffffffff" "20000400ffffffff"))
os.utime("one", ns=(1, 10**18 + 123456789)); os.utime("link", ns=(1, 999999999), follow_symlinks=False)
os.chown("deep", 5, 6); os.chmod("deep", 0o1777); os.utime("deep", ns=(1, 2 * 10**18 + 1))
os.chown(".", 7, 8); os.chmod(".", 0o751); os.setxattr(".", "trusted.root", b"kept"); os.utime(".", ns=(1, 10**18))
`;

const tell = `
import hashlib, os, stat, sys
links = {}
for directory, names, files in sorted(os.walk(os.fsencode(sys.argv[1]))):
    for name in [b""] + sorted(names + files):
        path = os.path.join(directory, name)
        s = os.lstat(path)
        is_file, is_directory = stat.S_ISREG(s.st_mode), stat.S_ISDIR(s.st_mode)
        print(os.path.relpath(path, os.fsencode(sys.argv[1])), oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns,
              None if is_directory else (s.st_nlink, s.st_size, links.setdefault(s.st_ino, path.split(b"/")[-1])),
              s.st_rdev, os.readlink(path) if stat.S_ISLNK(s.st_mode) else None,
              hashlib.sha256(open(path, "rb").read()).hexdigest() if is_file else None,
              [(a, os.getxattr(path, a, follow_symlinks=False)) for a in sorted(os.listxattr(path, follow_symlinks=False))])
`;

/** Runs a program as `runx create` does for an image; what it prints comes back. */
const confine = (path: (name: string) => string, command: readonly string[]): string => {
  const rootfs = ['--share=rootfs', `--export=rs:${path('tree')}`];
  const draft = ['--share=draft', `--export=f:${path('images/erofs')}`];
  const args = ['image', `--state=${path('state')}`, ...rootfs, ...draft, '--', ...command];
  return execFileSync(monitorProgram, args, { encoding: 'utf8', stdio: 'pipe' });
};

/** The tree and, in `guest`, the root directory of one with the disks xvda and xvdb. */
const prepare = async (t: TestContext) => {
  const directory = await temporaryDirectory(t);
  const path = (name: string): string => join(directory, name);
  python(makeTree, path('tree'));
  for (const name of ['images', 'state']) await mkdir(path(name));
  await writeFile(path('images/erofs'), '');
  const build = [mkfs, '--quiet', '-zlz4', '-C65536', '/export/draft/0', '/export/rootfs'];
  confine(path, build);
  for (const name of ['dev', 'run']) await mkdir(path(`guest/${name}`), { recursive: true });
  await cp(join(built, 'rootfs'), path('guest/rootfs'));
  execFileSync('truncate', ['-s', '256M', path('layer')]);
  const ext4 = ['-t', 'ext4', '-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard'];
  execFileSync('mke2fs', ['-q', '-F', ...ext4, path('layer')]);
  return path;
};

// In a mount namespace of its own, as the guest does it, and then SCRIPT.
const inGuest = (
  path: (name: string) => string,
  layer: string,
  script: string,
  type: 'erofs' | 'ext4' = 'erofs',
): string =>
  execFileSync(
    'unshare',
    [
      '--mount',
      'bash',
      '-c',
      `set -euo pipefail
       disk() {
         local device
         device=$(losetup --find --show "\${@:3}" "$2")
         devices+=("$device")
         mknod "$1" b "$((16#$(stat -c %t "$device")))" "$((16#$(stat -c %T "$device")))"
       }
       devices=(); trap 'for device in "\${devices[@]}"; do losetup -d "$device"; done; rm -f guest/dev/xvd?' EXIT
       cd "$1"
       disk guest/dev/xvda images/"$3" --read-only
       disk guest/dev/xvdb layer
       chroot guest /rootfs "$3" /dev/xvda "$2"
       ${script}`,
      'bash',
      path(''),
      layer,
      type,
    ],
    { encoding: 'utf8' },
  );

for (const [what, layer] of [
  ['in memory', 'size=50%,mode=700'],
  ['on a disk', '/dev/xvdb'],
] as const) {
  test(`the guest sees the tree as it is, below a layer ${what}`, options, async (t) => {
    const path = await prepare(t);
    await writeFile(path('tell.py'), tell);
    const expected = python(tell, path('tree'));
    assert.equal(expected.split('\n').length > 15, true);
    assert.equal(inGuest(path, layer, 'python3 tell.py guest/run/containers/1/rootfs'), expected);
  });

  test(`what is written goes to a layer ${what}, hard links and all`, options, async (t) => {
    const path = await prepare(t);
    const said = inGuest(
      path,
      layer,
      `cd guest/run/containers/1/rootfs
       echo more >>one; stat -c %h:%s one two; mv deep deeper; ls deeper; rm noise; ls noise 2>&1 || true`,
    );
    assert.equal(
      said,
      `2:9\n2:9\n${'n'.repeat(200)}\nup\nls: cannot access 'noise': No such file or directory\n`,
    );
    assert.equal(existsSync(path('tree/noise')), true);
    assert.equal(readFileSync(path('tree/one'), 'utf8'), 'hard');
  });
}

test(
  'the guest reads the ext4 of a device that the host has mounted and not flushed',
  options,
  async (t) => {
    const path = await prepare(t);
    execFileSync('truncate', ['-s', '64M', path('images/ext4')]);
    execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', path('tree'), path('images/ext4')]);
    // As it is after a power cut: a read-only device, of which the journal cannot be replayed.
    execFileSync('debugfs', ['-w', '-R', 'feature needs_recovery', path('images/ext4')], {
      stdio: 'ignore',
    });
    const script = `cd guest/run/containers/1/rootfs; cat one; echo more >>one; stat -c %h:%s two; ls deep; ls -d lost+found`;
    const said = inGuest(path, 'size=50%,mode=700', script, 'ext4');
    assert.equal(said, `hard2:9\n${'n'.repeat(200)}\nup\nlost+found\n`);
  },
);

test('the program that makes an image sees nothing of the host', options, async (t) => {
  const path = await prepare(t);
  const look = confine(path, ['/bin/ls', '/', '/export', '/run', '/export/rootfs/deep']);
  assert.match(look, /^\/:\nexport\nlib\S*\n(lib\S*\n)?run\nusr\n\n\/export:\ndraft\nrootfs\n\n/);
  assert.match(look, /\n\/run:\n$/);
  for (const file of ['/export/rootfs/new', '/export/draft/other']) {
    assert.throws(() => confine(path, ['/bin/touch', file]), /Read-only file system/);
  }
});
