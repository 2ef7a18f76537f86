import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';
import { hasQemu } from '../support/qemu.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

test('xl create that fails: what xl said, in one line, and nothing left', async () => {
  const bundle = await makeBundle('huge', ['true']);
  const result = await inDom0(
    `echo 'memory_mib = 900000' > /tmp/huge.toml
     runx --config /tmp/huge.toml create --bundle "$1" huge < /dev/null; echo $?; rm /tmp/huge.toml`,
    [bundle],
  );
  assert.match(result.stderr, /^runx: \/usr\/sbin\/xl create failed with exit code \d+: .*\n$/);
  assert.equal(result.stdout.toString(), '1\n');
});

test('a guest that cannot boot: what its kernel said last', async () => {
  const bundle = await makeBundle('panic', ['true']);
  const result = await inDom0(
    `echo 'ramdisk = "/dev/null"' > /tmp/panic.toml
     runx --config /tmp/panic.toml run --bundle "$1" panic < /dev/null; echo $?; rm /tmp/panic.toml`,
    [bundle],
  );
  assert.match(
    result.stderr,
    /^runx: container panic: the guest ended without an exit status: .*Kernel panic - not syncing: .*\n$/,
  );
  assert.equal(result.stdout.toString(), '137\n');
});

test('with no diod on the host, xl has QEMU serve the rootfs, or it goes on a disk', async () => {
  const expected = (await hasQemu()) ? '1\n6\n' : '0\n6\n';
  const bundle = await makeBundle('qemu', ['sh', '-c', 'echo ready; read line; exit 6']);
  const result = await inDom0(
    `echo 'diod = "no-such-diod"' > /tmp/qemu.toml; mkfifo /tmp/qemu.in; exec 9<>/tmp/qemu.in
     runx --config /tmp/qemu.toml run --bundle "$1" qemu < /tmp/qemu.in > /tmp/qemu.out & pid=$!
     until grep -q ready /tmp/qemu.out; do sleep 0.1; done
     pgrep -c qemu-system; echo >&9; wait $pid; echo $?; rm /tmp/qemu.*`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), expected, result.stderr);
});

test('a program that the guest cannot execute: 126 and why', async () => {
  const bundle = await makeBundle('noexec', ['/etc/script']);
  const result = await inDom0(
    `file=/var/tmp/runx-test/rootfs/etc/script; echo '#!/no/such/shell' > $file; chmod +x $file
     runx run --bundle "$1" noexec; echo $?; rm $file`,
    [bundle],
  );
  assert.equal(
    result.stderr,
    'runx: container noexec: guest: exec: "/etc/script": no such file or directory\n',
  );
  assert.equal(result.stdout.toString(), '127\n');
});

test('a mount that the guest refuses: the container ends with its name', async () => {
  const bundle = await makeBundle('badmount', ['true'], (spec) => ({
    ...spec,
    mounts: [...spec.mounts, { destination: '/tmp', type: 'nosuchfs', source: 'x' }],
  }));
  const result = await inDom0('runx run --bundle "$1" badmount', [bundle]);
  assert.equal(
    result.stderr,
    'runx: container badmount: guest: mounting nosuchfs on /tmp: no such device\n',
  );
  assert.equal(result.exitCode, 1);
});

test('a hostile exit status is not believed', async () => {
  const bundle = await makeBundle('forged', ['sh', '-c', 'echo ready; sleep 600']);
  const result = await inDom0(
    `out=/tmp/forged.out; runx run --bundle "$1" forged > $out & pid=$!
     until grep -q ready $out; do sleep 0.1; done
     domid=$(xl list | awk 'NR > 2 { print $2 }')
     xenstore-write /local/domain/$domid/data/1/exit-status "$(printf '0; rm -rf /\\n')"
     wait $pid; echo $?; rm $out`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '137\n');
  assert.match(result.stderr, /invalid exit status from the guest/);
});
