import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle, makeRootfs } from '../support/dom0.ts';
import { hasQemu } from '../support/qemu.ts';

const top = '/var/tmp/runx-test/mounts';
const memory = '/run/runx-test-mounts'; // a tmpfs, and so another file system than `top`

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
  const { stdout } = await inDom0('grep -c -E "runx|share[0-9]" /proc/self/mountinfo');
  assert.equal(stdout.toString(), '0\n', 'no mount is left in Dom0');
});

const bind = (destination: string, source: string, ...options: string[]) => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', ...options],
});

// What the guest prints: a line "KEY: VALUE" each.
const say = (key: string, command: string): string => `echo "${key}: $( { ${command}; } 2>&1)"`;

const answers = (output: string): ReadonlyMap<string, string> =>
  new Map(
    output.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );

const prepare = `
  set -e; rm -rf "$1" "$2"; mkdir -p "$1"/{data/sub,ro,deep} "$2" "$1/rootfs"; cd "$1"
  echo host > data/log; echo inner > ro/file; echo one > hosts; echo ns > resolv.conf
  echo two > passwd; echo dangling > dangling; echo mem > "$2/file"; echo outside > outside
  mount -t tmpfs sub data/sub; echo sub > data/sub/file`;

test('directories and files of the host, both ways, in a read-only rootfs', async () => {
  await inDom0(prepare, [top, memory]);
  const rootfs = await makeRootfs(`${top}/rootfs`);
  await inDom0(
    `set -e; cd "$1"; ln -s busybox bin/stat; ln -s busybox bin/grep; ln -s /etc outside
     ln -s ../run/resolve/stub etc/dangling; mkdir -p etc/kept/deep; echo kept > etc/kept/deep/file
     chown 5:6 etc/kept/deep/file; chmod 640 etc/kept/deep/file; ln -s deep/file etc/kept/link`,
    [rootfs],
  );
  const script = [
    say('data', 'cat /data/log /data/sub/file | tr "\\n" " "'),
    say('hidden', 'ls -A /plain/sub'),
    say('ro', 'cat /ro/file'),
    say('ro write', 'echo x > /ro/file'),
    say('ro remount', 'mount -o remount,rw,bind /ro && echo done'),
    say('ro forced', 'echo x > /ro/file'),
    say('resolv', 'cat /etc/resolv.conf'),
    say('resolv remount', 'mount -o remount,rw,bind /etc/resolv.conf && echo done'),
    say('resolv forced', 'echo x >> /etc/resolv.conf'),
    say('passwd', 'cat /etc/passwd'),
    say('dangling', 'cat /run/resolve/stub'),
    say('outside', 'cat /etc/runx-outside'),
    say('rootfs', 'echo x > /etc/new'),
    say('devices', 'stat -c %d / /data /data/sub /mem /etc/hosts | sort -u | wc -l'),
    say('same file', '[ /etc/hosts -ef /etc/passwd ] || echo no'),
    say('tmpfs', 'stat -c %a /scratch; grep -c "/scratch .*size=1024k" /proc/mounts'),
    say('copied', 'cat /etc/kept/link; stat -c "%u:%g %a" /etc/kept/deep/file'),
    say('copy', 'echo x > /etc/kept/deep/new && echo written'),
    say('null', 'cat /etc/null; echo x > /etc/null && echo written'),
    say('shared', 'grep " /mem " /proc/self/mountinfo | grep -c shared:'),
    say('flags', 'grep " /mem " /proc/mounts | grep -c nosuid,nodev,noexec'),
    'echo ready >> /data/ready',
    'until [ -e /data/go ]; do sleep 0.2; done',
    say('appended', 'cat /data/log | tr "\\n" " "'),
    say('file', 'cat /etc/hosts | tr "\\n" " "'),
    say('renamed', 'cat /etc/resolv.conf'),
    say('later', 'ls -A /data/later'),
    'echo guest >> /data/log; echo guest >> /etc/hosts; echo guest > /data/guest',
  ].join('\n');
  const capabilities = ['CAP_SYS_ADMIN', 'CAP_DAC_OVERRIDE', 'CAP_CHOWN', 'CAP_FOWNER'];
  const bundle = await makeBundle('mounts', ['sh', '-c', script], (spec) => ({
    ...spec,
    root: { path: rootfs, readonly: true },
    process: {
      ...spec.process,
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
      },
    },
    mounts: [
      ...spec.mounts,
      bind('/data', `${top}/data`, 'rprivate'),
      { ...bind('/plain', `${top}/data`), options: ['bind'] },
      bind('/ro', `${top}/ro`, 'ro'),
      bind('/mem', memory, 'rshared', 'nosuid', 'nodev', 'noexec'),
      bind('/etc/resolv.conf', '../mounts/resolv.conf', 'ro'),
      bind('/etc/hosts', `${top}/hosts`),
      bind('/etc/passwd', `${top}/passwd`),
      bind('/etc/dangling', `${top}/dangling`),
      bind('/outside/runx-outside', `${top}/outside`),
      bind('/etc/null', '/dev/null'),
      {
        destination: '/scratch',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['size=1m', 'mode=1770'],
      },
      { destination: '/etc/kept', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] },
    ],
  }));
  const result = await inDom0(
    `runx run --bundle "$1" mounts < /dev/null > /tmp/mounts.out & pid=$!
     until [ -e "$2/data/ready" ] || ! kill -0 $pid; do sleep 0.1; done
     echo more >> "$2/data/log"; echo more >> "$2/hosts"
     echo new > "$2/new"; mv "$2/new" "$2/resolv.conf"
     mkdir "$2/data/later"; mount -t tmpfs later "$2/data/later"; touch "$2/data/later/file"
     ps -o rss=,args= -C runx-monitor,diod >&2
     touch "$2/data/go"; wait $pid; echo "exit: $?" >> /tmp/mounts.out
     umount "$2/data/later" "$2/data/sub"
     echo "host log: $(tr '\\n' ' ' < "$2/data/log")"; echo "host hosts: $(tr '\\n' ' ' < "$2/hosts")"
     echo "host guest: $(cat "$2/data/guest")"; echo "host ro: $(cat "$2/ro/file")"
     echo "host made: $(ls -A /etc/runx-outside 2>&1)"
     echo "host hosts file: $(stat -c '%s %a' "$2/rootfs/etc/hosts")"
     cat /tmp/mounts.out; rm -rf "$2" "$3" /tmp/mounts.out`,
    [bundle, top, memory],
  );
  const got = answers(result.stdout.toString());
  const expected: Readonly<Record<string, string>> = {
    data: 'host sub ',
    hidden: '',
    ro: 'inner',
    'ro write': "sh: can't create /ro/file: Read-only file system",
    'ro remount': 'done',
    'ro forced': "sh: can't create /ro/file: Read-only file system",
    resolv: 'ns',
    'resolv remount': 'done',
    'resolv forced': "sh: can't create /etc/resolv.conf: Read-only file system",
    passwd: 'two',
    dangling: 'dangling',
    outside: 'outside',
    rootfs: "sh: can't create /etc/new: Read-only file system",
    devices: '5',
    'same file': 'no',
    copy: 'written',
    null: 'written',
    shared: '1',
    flags: '1',
    appended: 'host more ',
    file: 'one more ',
    renamed: 'ns',
    later: '',
    exit: '0',
    'host log': 'host more guest ',
    'host hosts': 'one more guest ',
    'host guest': 'guest',
    'host ro': 'inner',
    'host made': "ls: cannot access '/etc/runx-outside': No such file or directory",
    'host hosts file': '0 755',
  };
  for (const [key, value] of Object.entries(expected)) {
    assert.equal(got.get(key), value, `${key}\n${result.stdout.toString()}${result.stderr}`);
  }
  assert.match(result.stdout.toString(), /^tmpfs: 1770\n1\ncopied: kept\n5:6 640\n/m);
});

test('a mount on / is the root, and users have the access that files give them', async () => {
  const rootfs = await makeRootfs();
  const script = 'cat /mine; cat /theirs || echo refused; echo x >> /mine; id -u';
  const bundle = await makeBundle('onroot', ['sh', '-c', script], (spec) => ({
    ...spec,
    root: { path: `${top}/empty`, readonly: false },
    linux: { ...spec.linux, rootfsPropagation: 'rshared' },
    process: { ...spec.process, user: { uid: 1000, gid: 1000, additionalGids: [] } },
    mounts: [
      bind('/', rootfs),
      ...spec.mounts,
      bind('/mine', `${top}/mine`),
      bind('/theirs', `${top}/theirs`),
    ],
  }));
  const result = await inDom0(
    `mkdir -p "$2/empty"; echo mine > "$2/mine"; chown 1000 "$2/mine"; chmod 600 "$2/mine" 
     echo theirs > "$2/theirs"; chmod 600 "$2/theirs"
     runx run --bundle "$1" onroot < /dev/null; cat "$2/mine"; stat -c %u "$2/mine"
     ls "$2/empty"; rm -r "$2" "$3/mine" "$3/theirs"`,
    [bundle, top, rootfs],
  );
  assert.equal(result.stdout.toString(), 'mine\nrefused\n1000\nmine\nx\n1000\n', result.stderr);
});

test('with no diod, QEMU shares a directory, or it is refused with what was found', async () => {
  const bundle = await makeBundle(
    'qemumounts',
    ['sh', '-c', 'cat /data/in; echo out > /data/out'],
    (spec) => ({ ...spec, mounts: [...spec.mounts, bind('/data', `${top}/data`)] }),
  );
  const result = await inDom0(
    `mkdir -p "$2/data"; echo in > "$2/data/in"; echo 'diod = "no-such-diod"' > /tmp/qemu.toml
     runx --config /tmp/qemu.toml run --bundle "$1" qemumounts < /dev/null; cat "$2/data/out"
     rm -r "$2" /tmp/qemu.toml`,
    [bundle, top],
  );
  if (await hasQemu()) {
    assert.equal(result.stdout.toString(), 'in\nout\n', result.stderr);
    return;
  }
  assert.match(
    result.stderr,
    /^runx: config\.json: mounts: a directory of the host needs 9p: no-such-diod was not found, and [^\n]*(QEMU|Xen)[^\n]*: install diod\ncat: [^\n]*\/data\/out: No such file or directory\n$/,
  );
});
