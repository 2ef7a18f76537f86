import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle, makeRootfs } from '../support/dom0.ts';
import { isFull } from '../support/full.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

test('run: both streams apart, the exit code of the process', async () => {
  const bundle = await makeBundle('streams', ['sh', '-c', 'echo out; echo err >&2; exit 7']);
  const result = await inDom0('runx run --bundle "$1" streams', [bundle]);
  assert.equal(result.stdout.toString(), 'out\n');
  assert.equal(result.stderr, 'err\n');
  assert.equal(result.exitCode, 7);
});

test('run: the process has exactly its argv, env, cwd, user, groups, hostname and pid', async () => {
  const script =
    'for a; do printf "<%s>" "$a"; done; echo; printf "<%s>" "$SPACED" "$LINES2" "$EMPTY"; echo;' +
    'pwd; id; hostname; echo $$; tty; umask; env | grep -c .; cat /proc/self/limits | grep "open files";' +
    'grep -E "Cap|NoNewPrivs|^Groups" /proc/self/status; touch /x; uname -s; busybox df / | tail -n 1 | grep -o "^[a-z]*"';
  const hard = ['', 'a  b', 'q\'"q', '*', '$HOME', 'new\nline', '\\', '-n', '`id`', 'ü'];
  const bundle = await makeBundle('exact', ['sh', '-c', script, 'sh', ...hard], (spec) => ({
    ...spec,
    hostname: 'exact-host',
    process: {
      ...spec.process,
      cwd: '/tmp',
      env: [...spec.process.env, 'SPACED=a  b', 'LINES2=1\n2', 'EMPTY='],
      user: { uid: 1000, gid: 1001, umask: 0o27, additionalGids: [5, 7] },
    },
  }));
  const result = await inDom0('runx run --bundle "$1" exact', [bundle]);
  assert.equal(
    result.stdout.toString(),
    [
      hard.map((arg) => `<${arg}>`).join(''),
      '<a  b><1\n2><>',
      '/tmp',
      'uid=1000 gid=1001 groups=5,7',
      'exact-host',
      '1',
      'not a tty',
      '0027',
      '9',
      'Max open files            1024                 1024                 files     ',
      'Groups:\t5 7 ',
      'CapInh:\t0000000000000000',
      'CapPrm:\t0000000000000000',
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000020000420',
      'CapAmb:\t0000000000000000',
      'NoNewPrivs:\t1',
      'Linux',
      'root',
      '',
    ].join('\n'),
  );
  assert.match(result.stderr, /^touch: \/x: (Read-only file system|Permission denied)\n$/);
  assert.equal(result.exitCode, 0);
});

test('run: 10 MB of binary output from a short-lived process arrive byte for byte', async () => {
  const rootfs = await makeRootfs();
  await inDom0('head -c 10000000 /dev/urandom > "$1/blob"', [rootfs]);
  const bundle = await makeBundle('blob', ['cat', '/blob']);
  const result = await inDom0(
    'runx run --bundle "$1" blob | sha256sum | cut -c1-64; sha256sum < "$2/blob" | cut -c1-64; rm "$2/blob"',
    [bundle, rootfs],
  );
  const [got, expected] = result.stdout.toString().split('\n');
  assert.equal(got, expected);
});

test('run: 1 MB of binary input comes back byte for byte, and its end is seen', async () => {
  const bundle = await makeBundle('input', ['sh', '-c', 'cat; echo -n end']);
  const input = Buffer.concat([randomBytes(1_000_000), Buffer.from([0, 4, 3, 26, 13, 10, 255])]);
  const result = await inDom0('runx run --bundle "$1" input', [bundle], input);
  const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  assert.equal(hash(result.stdout), hash(Buffer.concat([input, Buffer.from('end')])));
  assert.equal(result.exitCode, 0);
});

test('run: output streams while the process runs', async () => {
  const bundle = await makeBundle('stream', [
    'sh',
    '-c',
    'echo first; read line; echo "got $line"',
  ]);
  const result = await inDom0(
    `mkfifo /tmp/in; exec 9<>/tmp/in; runx run --bundle "$1" stream < /tmp/in |
     while read -r line; do echo "$line"; [ "$line" = first ] && echo answer >&9; done; rm /tmp/in`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), 'first\ngot answer\n');
});

test('run: a reader that goes away ends a writer by SIGPIPE', async () => {
  const bundle = await makeBundle('pipe', ['sh', '-c', 'while echo y; do :; done; exit 9']);
  const result = await inDom0(
    'set -o pipefail; runx run --bundle "$1" pipe 2>/dev/null | head -n 1',
    [bundle],
  );
  assert.equal(result.stdout.toString(), 'y\n');
  assert.notEqual(result.exitCode, 0);
});

test('run: exit codes stay right over many runs', async (t) => {
  const runs = isFull ? 50 : 4;
  t.diagnostic(`${runs} runs`);
  const bundle = await makeBundle('loop', ['sh', '-c', 'read code; exit $code']);
  const batch = 10; // one command in the Dom0 may take some minutes only
  for (let first = 1; first <= runs; first += batch) {
    const codes = Array.from({ length: Math.min(batch, runs - first + 1) }, (_, index) =>
      String(((first + index) * 5) % 256),
    );
    const result = await inDom0(
      'bundle=$1; shift; for code; do echo $code | runx run --bundle "$bundle" loop; echo $?; done',
      [bundle, ...codes],
    );
    assert.deepEqual(result.stdout.toString().trim().split('\n'), codes);
  }
});

test('run: the memory of config.json is the domain', async () => {
  const bundle = await makeBundle('memory', ['sh', '-c', 'head -n 1 /proc/meminfo'], (spec) => ({
    ...spec,
    linux: { ...spec.linux, resources: { memory: { limit: 100 * 1024 * 1024 } } },
  }));
  const result = await inDom0('runx run --bundle "$1" memory', [bundle]);
  const [, kib] = /^MemTotal: +(\d+) kB/.exec(result.stdout.toString()) ?? [];
  assert.ok(Number(kib) >= 100 * 1024, `MemTotal of ${kib} KiB covers the limit`);
  assert.ok(Number(kib) < 150 * 1024, `MemTotal of ${kib} KiB is near the limit`);
});

test('run: a rootfs whose path has spaces and quotes', async () => {
  const rootfs = await makeRootfs(`/var/tmp/runx-test/it's \\a "root"\tfs ü`);
  const bundle = await makeBundle('odd path', ['echo', 'found'], (spec) => ({
    ...spec,
    root: { path: rootfs, readonly: true },
  }));
  const result = await inDom0('runx run --bundle "$1" odd', [bundle]);
  assert.equal(result.stdout.toString(), 'found\n', result.stderr);
});

test('run: TERM to runx in the foreground reaches the process', async () => {
  const bundle = await makeBundle('forward', [
    'sh',
    '-c',
    'trap "echo got; exit 3" TERM; echo ready; while :; do sleep 0.1; done',
  ]);
  const result = await inDom0(
    `runx run --bundle "$1" forward > /tmp/forward & pid=$!
     until grep -q ready /tmp/forward; do sleep 0.1; done
     kill -TERM $pid; wait $pid; echo $?; cat /tmp/forward; rm /tmp/forward`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '3\nready\ngot\n');
});
