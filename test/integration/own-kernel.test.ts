import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { inDom0, leftovers, makeBundle, untilStopped } from '../support/dom0.ts';
import { long } from '../support/full.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const example = fileURLToPath(new URL('../../examples/own-kernel', import.meta.url));
const unikernel = fileURLToPath(new URL('../fixtures/unikernel/kernel.S', import.meta.url));
const top = '/var/tmp/runx-test/own-kernel';
const rootfs = `${top}/rootfs`;

// The example as its README says, with the stock kernel of this Dom0; beside it runx's
// kernel, and ramdisks with another init.
const makeImage = `
  set -e; mkdir -p "$1"; tar -C "$1" --strip-components=1 -xf -; "$1/build" >&2
  cp /usr/bin/busybox "$1/rootfs/bin/busybox"; cp /usr/lib/runx/kernel "$1/rootfs/boot/runx-kernel"
  ramdisk() {
    local tree="$1/tree"; mkdir -p "$tree"/{bin,dev,proc}; cp /usr/bin/busybox "$tree/bin/"
    ln -s busybox "$tree/bin/sh"; { echo '#!/bin/sh'; cat; } > "$tree/init"; chmod +x "$tree/init"
    (cd "$tree" && find . | cpio --quiet -o -H newc) > "$1/rootfs/boot/$2"; rm -r "$tree"
  }
  ramdisk "$1" dies <<'END'
echo "one line of its own"; echo "another"
exit 3
END
  ramdisk "$1" reboots <<'END'
echo going; exec busybox reboot -f
END
  ramdisk "$1" reads <<'END'
echo ready; read -r line; echo "got $line"; exec busybox poweroff -f
END
  ramdisk "$1" waits <<'END'
busybox mkdir /sbin
printf '#!/bin/sh\\necho asked > /dev/console; exec busybox poweroff -f\\n' > /sbin/poweroff
busybox chmod +x /sbin/poweroff; echo ready
while :; do busybox sleep 1; done
END`;

before(async () => {
  const { stdout } = await execa(
    'tar',
    ['-C', `${example}/..`, '--exclude=rootfs', '-cf', '-', 'own-kernel'],
    {
      encoding: 'buffer',
    },
  );
  const made = await inDom0(makeImage, [top], Buffer.from(stdout));
  assert.equal(made.exitCode, 0, made.stderr);
});

after(() => inDom0('rm -rf "$1"', [top]));

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const stock = 'RUNX_KERNEL=/boot/kernel';
// No word of the kernel but a panic, and that it powers off.
const quiet = ['console=hvc0', 'loglevel=1'];

/** A bundle of the image with these variables. */
const bundleOf = (
  name: string,
  args: readonly string[],
  env: readonly string[],
  terminal = false,
): Promise<string> =>
  makeBundle(name, args, (spec) => ({
    ...spec,
    root: { path: rootfs, readonly: true },
    process: { ...spec.process, terminal, args: [...args], env: [...spec.process.env, ...env] },
  }));

// A console's lines end as a terminal's do, and the kernel's last one is among them.
const lines = (bytes: Buffer): string =>
  bytes
    .toString()
    .replaceAll('\r', '')
    .replaceAll(/^\[ *\d+\.\d+\] reboot: .*\n/gm, '');

test("runx's kernel from the image runs a container as always", async () => {
  const script = 'echo out; echo err >&2; cat; uname -r; exit 6';
  const bundle = await bundleOf(
    'own-usual',
    ['sh', '-c', script],
    ['RUNX_KERNEL=/boot/runx-kernel'],
  );
  const result = await inDom0('printf "in\\n" | runx run --bundle "$1" own-usual', [bundle]);
  assert.deepEqual([result.stderr, result.exitCode], ['err\n', 6]);
  assert.match(result.stdout.toString(), /^out\nin\n\S+-runx\n$/);
});

test('and takes exec and signals', long, async () => {
  const bundle = await bundleOf(
    'own-exec',
    ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 1; done'],
    ['RUNX_KERNEL=/boot/runx-kernel'],
  );
  const result = await inDom0(
    `out=/tmp/own-exec.out; runx run --bundle "$1" own-exec > $out < /dev/null & run=$!
     until grep -qs ready $out; do kill -0 $run || exit 1; sleep 0.2; done
     runx exec own-exec sh -c 'exit 9'; echo $?; runx kill own-exec; wait $run; echo $?; rm $out`,
    [bundle],
  );
  assert.deepEqual([result.stdout.toString(), result.stderr], ['9\n7\n', '']);
});

test("the example: Debian's stock kernel mounts the rootfs, prints and powers off", async () => {
  const result = await inDom0('cd "$1/.." && runx run --bundle "$1" own < /dev/null', [top]);
  assert.deepEqual([result.stderr, result.exitCode], ['', 0]);
  const kernel = (await inDom0('uname -r')).stdout.toString().trim();
  assert.equal(
    lines(result.stdout),
    `hello from Linux ${kernel}, a kernel of the container's own\n`,
  );
});

test(
  'the state directory keeps neither file, and list and state know the container',
  long,
  async () => {
    const bundle = await bundleOf('own-kept', quiet, [stock, 'RUNX_RAMDISK=/boot/waits']);
    const result = await inDom0(
      `set -e; runx create --bundle "$1" own-kept < /dev/null > /dev/null
     stat -c '%s %a' /run/runx/@domains/own-kept-*/kernel /run/runx/@domains/own-kept-*/ramdisk
     runx state own-kept | grep -o '"status": "created"'; runx delete own-kept`,
      [bundle],
    );
    assert.deepEqual(
      [result.stdout.toString(), result.stderr],
      ['0 600\n0 600\n"status": "created"\n', ''],
    );
  },
);

test('an init that ends: 137, that the guest crashed, and the last lines of its console', async () => {
  const bundle = await bundleOf('own-dies', quiet, [stock, 'RUNX_RAMDISK=/boot/dies']);
  const result = await inDom0('runx run --bundle "$1" own-dies < /dev/null', [bundle]);
  assert.equal(result.exitCode, 137);
  assert.match(lines(result.stdout), /^one line of its own\nanother\n/);
  const [first, second, ...others] = result.stderr.split('\n').slice(0, -1);
  assert.equal(first, 'runx: container own-dies: the guest crashed');
  assert.match(
    second ?? '',
    /^runx: container own-dies: console: .*Kernel panic - not syncing: Attempted to kill init!/,
  );
  assert.ok(others.length <= 9, 'no more than ten lines of it');
  for (const line of others) assert.match(line, /^runx: container own-dies: console: [ -~]+$/);
});

test('a kernel alone: what it says, its power-off, and no share of the rootfs', async (t) => {
  const directory = await temporaryDirectory(t);
  const options = ['-m64', '-nostdlib', '-static', '-no-pie', '-Wl,-N,-e,start,-Ttext=0x100000'];
  await execa('gcc', [...options, '-o', `${directory}/kernel`, unikernel]);
  const made = await inDom0(
    'mkdir -p "$1/alone/rootfs/boot"; cat > "$1/alone/rootfs/boot/kernel"',
    [top],
    await readFile(`${directory}/kernel`),
  );
  assert.equal(made.exitCode, 0, made.stderr);
  const bundle = await makeBundle('own-alone', ['/boot/kernel'], (spec) => ({
    ...spec,
    root: { path: `${top}/alone/rootfs` },
    process: { ...spec.process, env: ['RUNX_KERNEL=/boot/kernel', 'RUNX_RAMDISK='] },
  }));
  const result = await inDom0(
    `out=/tmp/own-alone.out; runx create --bundle "$1" own-alone > $out 2>&1 < /dev/null || exit 1
     pgrep -c 'diod|qemu'; grep -cE 'ramdisk|p9|disk' /run/runx/@domains/own-alone-*/xl.cfg
     runx start own-alone; ${untilStopped('own-alone')}
     runx delete own-alone; cat $out; rm $out; runx run --bundle "$1" own-alone < /dev/null; echo $?`,
    [bundle],
  );
  const word = 'a word of a kernel alone\r\n';
  assert.deepEqual([result.stdout.toString(), result.stderr], [`0\n0\n${word}${word}0\n`, '']);
});

test('a reboot ends the container, and is no success', long, async () => {
  const bundle = await bundleOf('own-reboots', quiet, [stock, 'RUNX_RAMDISK=/boot/reboots']);
  const result = await inDom0('runx run --bundle "$1" own-reboots < /dev/null', [bundle]);
  assert.equal(result.exitCode, 137);
  assert.match(lines(result.stdout), /^going\n/);
  assert.match(
    result.stderr,
    /^runx: container own-reboots: the guest rebooted, which ends a container\n/,
  );
});

test('kept output has its console, and who attaches is heard there', long, async () => {
  const bundle = await bundleOf('own-kept', quiet, [stock, 'RUNX_RAMDISK=/boot/reads']);
  const result = await inDom0(
    `runx run --detach --keep-output --bundle "$1" own-kept < /dev/null
     deadline=$((SECONDS + 60))
     until runx logs own-kept | grep -q ready; do [ $SECONDS -lt $deadline ] || exit 1; sleep 0.2; done
     echo word | runx console own-kept; echo $?; runx delete own-kept`,
    [bundle],
  );
  assert.equal(lines(result.stdout), 'ready\nword\ngot word\n0\n');
  assert.equal(result.stderr, '');
});

test('standard input is what it reads on its console', long, async () => {
  const bundle = await bundleOf('own-reads', quiet, [stock, 'RUNX_RAMDISK=/boot/reads']);
  const result = await inDom0(
    `out=/tmp/own-reads.out; mkfifo $out.in; exec 9<> $out.in
     runx run --bundle "$1" own-reads > $out < $out.in & run=$!
     until grep -qs ready $out; do kill -0 $run || exit 1; sleep 0.2; done
     echo word >&9; wait $run; echo $?; cat $out; rm $out $out.in`,
    [bundle],
  );
  // The guest's terminal echoes.
  assert.equal(lines(result.stdout), '0\nready\nword\ngot word\n');
  assert.equal(result.stderr, '');
});

test(
  'TERM asks it to power off, by runx kill and by the monitor; others do nothing; exec is refused',
  long,
  async () => {
    const bundle = await bundleOf('own-term', quiet, [stock, 'RUNX_RAMDISK=/boot/waits']);
    const result = await inDom0(
      `for how in kill monitor; do
       out=/tmp/own-term.out; runx run --bundle "$1" --pid-file $out.pid own-term > $out < /dev/null & run=$!
       until grep -qs ready $out; do kill -0 $run || exit 1; sleep 0.2; done
       runx exec own-term true; echo $?; runx kill own-term WINCH; sleep 1; runx state own-term | grep -o running
       case $how in kill) runx kill own-term ;; monitor) kill -TERM "$(cat $out.pid)" ;; esac
       wait $run; echo $?; grep -c asked $out; rm $out $out.pid
     done`,
      [bundle],
    );
    assert.equal(result.stdout.toString(), '255\nrunning\n0\n1\n'.repeat(2));
    const refusal =
      'runx: container own-term does not boot the ramdisk of runx: exec is not possible\n';
    assert.equal(result.stderr, refusal.repeat(2));
  },
);

test('KILL, xl destroy and delete --force end it: 137, and no word of a crash', long, async () => {
  const bundle = await bundleOf('own-kill', quiet, [stock, 'RUNX_RAMDISK=/boot/waits']);
  const result = await inDom0(
    `for how in kill destroy delete; do
       out=/tmp/own-kill.out; runx run --keep --bundle "$1" own-kill > $out < /dev/null & run=$!
       until grep -qs ready $out; do kill -0 $run || exit 1; sleep 0.2; done
       case $how in
         kill) runx kill own-kill KILL ;;
         destroy) xl destroy "$(xl list | awk 'NR > 2 { print $1 }')" ;;
         delete) runx delete --force own-kill ;;
       esac
       wait $run; echo $?; [ $how = delete ] || runx delete own-kill; rm $out
     done`,
    [bundle],
  );
  assert.deepEqual([result.stdout.toString(), result.stderr], ['137\n137\n137\n', '']);
});

test('with a terminal, its console is that', long, async () => {
  const bundle = await bundleOf('own-tty', quiet, [stock, 'RUNX_RAMDISK=/boot/reads'], true);
  const result = await inDom0(
    `out=/tmp/own-tty.out; mkfifo $out.in; exec 9<> $out.in
     script -qefc "runx run --bundle $1 own-tty" /dev/null < $out.in > $out & run=$!
     until grep -qs ready $out; do kill -0 $run || exit 1; sleep 0.2; done
     echo typed >&9; wait $run; echo $?; cat $out; rm $out $out.in`,
    [bundle],
  );
  assert.match(lines(result.stdout), /^0\nready\n(typed\n)+got typed\n$/);
});

test('a file that runx.toml does not list, and a link out of the rootfs: refused, nothing left', async () => {
  const bundle = await bundleOf('own-refused', quiet, [stock, 'RUNX_RAMDISK=/boot/waits']);
  const escaping = await bundleOf('own-escapes', quiet, [
    'RUNX_KERNEL=/boot/link',
    'RUNX_RAMDISK=',
  ]);
  const result = await inDom0(
    `ln -sf ../../../../../../../boot/$(ls /boot | grep -m 1 vmlinuz) "$3/boot/link"
     sum=$(sha256sum < "$3/boot/kernel" | cut -d ' ' -f 1)
     printf 'own_kernel = ["%s"]\\n' "$sum" > /tmp/own.toml
     runx --config /tmp/own.toml create --bundle "$1" own-refused < /dev/null; echo $?
     runx create --bundle "$2" own-escapes < /dev/null; echo $?; rm /tmp/own.toml "$3/boot/link"`,
    [bundle, escaping, rootfs],
  );
  assert.equal(result.stdout.toString(), '1\n1\n');
  assert.match(
    result.stderr,
    /^runx: RUNX_RAMDISK in process\.env: "\/boot\/waits" is not allowed: add its SHA-256 [0-9a-f]{64} to own_kernel in runx\.toml\nrunx: RUNX_KERNEL in process\.env: the rootfs has no file "\/boot\/link"\n$/,
  );
});
