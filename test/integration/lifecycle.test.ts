import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle, untilStopped } from '../support/dom0.ts';
import { isFull } from '../support/full.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const waits = ['sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'];

// Waits for a line "ready" in the file $out.
const untilReady = 'until grep -q ready "$out"; do sleep 0.1; done';

const parseDocuments = (text: string): Record<string, unknown>[] =>
  text.split('---\n').map((document): Record<string, unknown> => JSON.parse(document));

test('create, start, kill TERM, delete: the states between, the pid, the pid-file', async () => {
  const bundle = await makeBundle('cycle', waits, (spec) => ({
    ...spec,
    annotations: { 'com.example.key': 'value "quoted"' },
    linux: { ...spec.linux, cgroupsPath: '/runx-test/cycle' },
  }));
  const result = await inDom0(
    `set -e; out=/tmp/cycle.out
     runx create --bundle "$1" --pid-file /tmp/cycle.pid cycle > $out < /dev/null
     runx state cycle; echo ---; runx start cycle; ${untilReady}; runx state cycle; echo ---
     pid=$(cat /tmp/cycle.pid)
     printf '{"pidFile":"%s","rss":"%s","cgroup":"%s","charged":"%s"}\\n---\\n' "$pid" \
       "$(awk '/VmRSS/ { print $2 }' /proc/$pid/status)" "$(cat /proc/$pid/cgroup)" \
       "$(cat /sys/fs/cgroup/runx-test/cycle/memory.current)"
     runx kill cycle TERM; ${untilStopped('cycle')}; runx state cycle; runx delete cycle; rm $out
     rmdir /sys/fs/cgroup/runx-test`,
    [bundle],
  );
  assert.equal(result.exitCode, 0, result.stderr);
  const [created, running, monitor, stopped] = parseDocuments(result.stdout.toString());
  const pid = created?.['pid'];
  const common = {
    ociVersion: '1.2.0',
    id: 'cycle',
    bundle,
    rootfs: '/var/tmp/runx-test/rootfs',
    created: created?.['created'],
    owner: 'root',
    annotations: { 'com.example.key': 'value "quoted"' },
  };
  assert.deepEqual(created, { ...common, status: 'created', pid });
  assert.deepEqual(running, { ...common, status: 'running', pid });
  assert.deepEqual(stopped, { ...common, status: 'stopped', pid: 0 });
  assert.equal(monitor?.['pidFile'], String(pid));
  assert.equal(monitor['cgroup'], '0::/runx-test/cycle');
  assert.ok(Number(monitor['charged']) > 0, 'its cgroup tells what the monitor uses');
  assert.ok(Number(monitor?.['rss']) <= 1024, `the monitor holds ${String(monitor?.['rss'])} KiB`);
});

test('start of a running container and kill of a stopped one fail in words engines know', async () => {
  const bundle = await makeBundle('words', waits);
  const result = await inDom0(
    `out=/tmp/words.out; runx create --bundle "$1" words > $out < /dev/null
     runx create --bundle "$1" words; runx start words; ${untilReady}; runx start words
     runx delete words; runx kill words KILL; ${untilStopped('words')}; runx kill words TERM
     runx kill --all words TERM; echo $?; runx delete words; runx delete words; runx delete --force words
     echo $?; rm $out`,
    [bundle],
  );
  assert.deepEqual(result.stderr.trim().split('\n'), [
    'runx: container with given ID already exists',
    'runx: cannot start an already running container',
    'runx: cannot delete container words that is not stopped: running',
    'runx: container not running',
    'runx: container does not exist',
  ]);
  assert.equal(result.stdout.toString(), '0\n0\n');
});

test('kill KILL ends a container that ignores everything else, with 137', async () => {
  const bundle = await makeBundle('stubborn', ['sh', '-c', 'trap "" TERM; echo ready; sleep 600']);
  const result = await inDom0(
    `out=/tmp/stubborn.out; runx run --bundle "$1" stubborn > $out & pid=$!
     ${untilReady}; runx kill stubborn TERM; runx kill stubborn KILL; wait $pid; echo $?; rm $out`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '137\n');
});

test('a signal that comes before the process handles it is there when it does', async () => {
  const script =
    'sleep 1.5; trap "echo caught; exit 5" TERM; for i in $(seq 200); do sleep 0.1; done';
  const bundle = await makeBundle('hasty', ['sh', '-c', script]);
  const result = await inDom0(
    `out=/tmp/hasty.out; runx create --bundle "$1" --pid-file /tmp/hasty.pid hasty > $out < /dev/null
     runx start hasty; kill "$(cat /tmp/hasty.pid)"; ${untilStopped('hasty')}
     runx run --bundle "$1" again < /dev/null & pid=$!
     until runx state again 2> /dev/null | grep -q '"running"'; do sleep 0.1; done
     runx kill again TERM; wait $pid; echo $?
     cat $out; runx delete hasty; rm $out /tmp/hasty.pid`,
    [bundle],
  );
  assert.equal(result.stderr, '');
  assert.equal(result.stdout.toString(), 'caught\n5\ncaught\n');
});

test('a signal to a created container ends it', async () => {
  const bundle = await makeBundle('early', ['true']);
  const result = await inDom0(
    `runx create --bundle "$1" early < /dev/null; runx kill early TERM; ${untilStopped('early')}
     runx start early; runx delete early; echo $?`,
    [bundle],
  );
  assert.equal(result.stderr, 'runx: cannot start a container that has stopped\n');
  assert.equal(result.stdout.toString(), '0\n');
});

test('a created container has booted: exec works in it, and its process waits for start', async () => {
  const bundle = await makeBundle('waits', ['sh', '-c', 'cat /dev/shm/told; echo started']);
  const result = await inDom0(
    `out=/tmp/waits.out; runx create --bundle "$1" waits > $out < /dev/null
     runx exec waits sh -c 'echo told > /dev/shm/told; cat /proc/1/comm; ls -d /runx 2>&1'
     xl list | grep -c '^waits-'; runx state waits | grep -o '"status": "created"'; cat $out; echo --
     runx start waits; ${untilStopped('waits')}; cat $out; runx delete waits; rm $out`,
    [bundle],
  );
  assert.equal(result.stderr, '');
  assert.equal(
    result.stdout.toString(),
    'init\nls: /runx: No such file or directory\n1\n"status": "created"\n--\ntold\nstarted\n',
  );
});

test('a guest that fails before the start: start succeeds, and its container ends at once', async () => {
  const bundle = await makeBundle('spoilt', ['true'], (spec) => ({
    ...spec,
    mounts: [
      ...(spec.mounts ?? []),
      { destination: '/spoilt', type: 'tmpfs', source: 'tmpfs', options: ['size=nonsense'] },
    ],
  }));
  const result = await inDom0(
    `out=/tmp/spoilt.out; runx create --bundle "$1" spoilt > $out 2>&1 < /dev/null
     until grep -q . $out; do sleep 0.1; done
     runx state spoilt | grep -o '"status": "created"'; xl list | grep -c '^spoilt-'
     runx start spoilt; ${untilStopped('spoilt')}; cat $out; runx delete spoilt; rm $out
     runx run --bundle "$1" again < /dev/null; echo $?`,
    [bundle],
  );
  const why = 'guest: mounting tmpfs on /spoilt: invalid argument';
  assert.equal(
    result.stdout.toString(),
    `"status": "created"\n0\nrunx: container spoilt: ${why}\n1\n`,
  );
  assert.match(result.stderr, new RegExp(`^runx: (container again: )?${why}\n$`));
});

test('run --detach outlives runx; its natural end leaves only its state', async () => {
  const bundle = await makeBundle('detached', ['sh', '-c', 'echo done']);
  const result = await inDom0(
    `runx run --detach --bundle "$1" detached < /dev/null; ${untilStopped('detached')}
     xl list | tail -n +3; runx list -q; runx delete detached`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), 'done\ndetached\n');
});

test('a monitor killed outright takes its domain along', async () => {
  const bundle = await makeBundle('orphan', waits);
  const result = await inDom0(
    `out=/tmp/orphan.out; runx create --bundle "$1" --pid-file /tmp/orphan.pid orphan > $out < /dev/null
     runx start orphan; ${untilReady}; kill -9 "$(cat /tmp/orphan.pid)"
     until [ -z "$(xl list | tail -n +3)" ]; do sleep 0.1; done
     runx state orphan | grep status; runx delete orphan; echo $?; rm $out`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '  "status": "stopped",\n0\n');
});

test('create killed at any moment leaves nothing that delete --force does not remove', async (t) => {
  const bundle = await makeBundle('cut', ['true']);
  const moments = isFull ? 12 : 3;
  t.diagnostic(`${moments} moments`);
  for (let moment = 1; moment <= moments; moment += 1) {
    const seconds = ((5 * moment) / moments).toFixed(2);
    const result = await inDom0(
      `runx create --bundle "$1" cut < /dev/null & pid=$!; sleep ${seconds}; kill -9 $pid; wait $pid
       runx delete --force cut; echo $?`,
      [bundle],
    );
    assert.equal(result.stdout.toString(), '0\n', `${result.stderr} after ${seconds} s`);
    assert.equal(await leftovers(), '', `after ${seconds} s`);
  }
});

test('two creates of one id at once: one wins', async () => {
  const bundle = await makeBundle('race', ['true']);
  const result = await inDom0(
    `runx create --bundle "$1" race < /dev/null & one=$!; runx create --bundle "$1" race < /dev/null & two=$!
     wait $one; a=$?; wait $two; echo $((a + $?)); runx delete race`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '1\n');
  assert.equal(result.stderr, 'runx: container with given ID already exists\n');
});

test('a container whose output nobody reads takes signals still', async () => {
  const script =
    'trap "exit 7" TERM; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done & wait';
  const bundle = await makeBundle('unread', ['sh', '-c', script]);
  const result = await inDom0(
    `mkfifo /tmp/unread.out; exec 9<>/tmp/unread.out
     runx run --bundle "$1" unread > /tmp/unread.out < /dev/null & pid=$!
     until runx state unread 2> /dev/null | grep -q running; do sleep 0.2; done; sleep 4
     runx kill unread TERM; sleep 2; cat <&9 > /dev/null & reader=$!
     wait $pid; echo $?; kill $reader; rm /tmp/unread.out`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '7\n', result.stderr);
});

test('kill --all reaches every process of the container', async () => {
  const child = '(trap "echo child; exit" TERM; while :; do sleep 0.1; done) &';
  const script = `${child} trap "echo parent" TERM; echo ready; wait; wait; exit 4`;
  const bundle = await makeBundle('all', ['sh', '-c', script]);
  const result = await inDom0(
    `out=/tmp/all.out; runx run --bundle "$1" all > $out < /dev/null & pid=$!
     ${untilReady}; sleep 1; runx kill --all all TERM; wait $pid; echo $?; sort $out; rm $out`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '4\nchild\nparent\nready\n', result.stderr);
});
