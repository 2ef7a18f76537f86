import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';

import { type Outcome, inDom0, leftovers, makeBundle, untilStopped } from '../support/dom0.ts';

const idle = ['sh', '-c', 'trap "exit 5" TERM; while :; do sleep 1; done'];

before(async () => {
  const bundle = await makeBundle('exec', idle, (spec) => ({
    ...spec,
    process: {
      ...spec.process,
      env: ['PATH=/bin', 'A=1'],
      capabilities: { bounding: ['CAP_CHOWN'] },
    },
  }));
  const result = await inDom0('runx run -d --bundle "$1" exec < /dev/null > /dev/null 2>&1', [
    bundle,
  ]);
  assert.equal(result.exitCode, 0, result.stderr);
});

afterEach(async () => {
  const { stdout } = await inDom0(`
    deadline=$((SECONDS + 20))
    domid=$(xl list | awk 'NR > 2 { print $2 }'); [ -n "$domid" ] || exit 0
    look() {
      xenstore-list /local/domain/0/backend/console/$domid | grep -vx '[012]'
      xenstore-list /local/domain/$domid/device/console | grep -vx '[012]'
      ls -A /run/runx/exec/exec
      ps -eo args= | grep '^[^ ]*runx-monitor exec'
    }
    while [ -n "$(look 2> /dev/null)" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    look 2> /dev/null`);
  assert.equal(stdout.toString(), '', 'no console, no process, no record is left of it');
});

after(async () => {
  await inDom0('runx delete --force exec');
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const exec = (args: string, input: Uint8Array | string = ''): Promise<Outcome> =>
  inDom0(`runx exec ${args}`, [], input);

test('streams apart, the exit code, and the surroundings of the container', async () => {
  const result = await exec(
    `exec sh -c 'echo out; echo error >&2; echo "$A $HOME"; pwd; ps | head -n 2; exit 7'`,
  );
  assert.equal(
    result.stdout.toString().replaceAll(/ +/g, ' '),
    `out\n1 /root\n/\nPID USER COMMAND\n 1 root ${idle.join(' ')}\n`,
  );
  assert.equal(result.stderr, 'error\n');
  assert.equal(result.exitCode, 7);
});

test('options change its user, directory and environment', async () => {
  const result = await exec(
    `-e B=2 -e C=3 --cwd /tmp --user 5:6 -g 7 exec sh -c 'id; pwd; echo $B$C $HOME'`,
  );
  assert.equal(result.stdout.toString(), 'uid=5 gid=6 groups=7\n/tmp\n23 /\n');
});

test('input arrives whole and ends: every byte of a megabyte', async () => {
  const input = Buffer.concat([randomBytes(1_000_000), Buffer.from([0, 4, 3, 26, 0])]);
  const result = await exec('exec cat', input);
  assert.equal(result.stderr, '');
  const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  assert.equal(hash(result.stdout), hash(input));
});

test('a program that is not there: the words that engines match, exit code 255', async () => {
  const result = await exec('exec nosuch');
  assert.equal(result.stderr, 'runx: exec: "nosuch": executable file not found in $PATH\n');
  assert.equal(result.exitCode, 255);
  const path = await exec('exec /bin/nosuch');
  assert.equal(path.stderr, 'runx: exec: "/bin/nosuch": no such file or directory\n');
});

test('a child that keeps the output open holds nothing up', async () => {
  const result = await exec(`exec sh -c 'sleep 1000 & echo started'`);
  assert.equal(result.stdout.toString(), 'started\n');
  assert.equal(result.exitCode, 0);
});

test('a reader that goes away ends it by SIGPIPE, and its exit code comes', async () => {
  const result = await inDom0(
    `runx exec exec sh -c 'while echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; do :; done 2> /dev/null; exit 7' | head -n 1
     echo "\${PIPESTATUS[0]}"`,
  );
  assert.match(result.stdout.toString(), /^y+\n(7|141)\n$/);
});

test('both streams at once stay apart to the end, and the exit code is right', async () => {
  const script =
    'i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo out$i; echo error$i >&2; done; exit 3';
  const result = await exec(`exec sh -c '${script}'`);
  const numbered = (word: string): string =>
    Array.from({ length: 3000 }, (_, index) => `${word}${index + 1}\n`).join('');
  assert.equal(result.stdout.toString(), numbered('out'));
  assert.equal(result.stderr, numbered('error'));
  assert.equal(result.exitCode, 3);
});

test('a capability is given to root, and no process inherits it', async () => {
  const show = 'exec busybox grep -E "Cap(Inh|Eff|Amb)" /proc/self/status';
  const [none, chown] = ['0000000000000000', '0000000000000001'];
  const root = await exec(`-c CAP_CHOWN ${show}`);
  const expected = (effective: string): string =>
    `CapInh:\t${none}\nCapEff:\t${effective}\nCapAmb:\t${none}\n`;
  assert.equal(root.stdout.toString(), expected(chown), root.stderr);
  const user = await exec(`-u 5 -c CAP_CHOWN ${show}`);
  assert.equal(user.stdout.toString(), expected(none), user.stderr);
});

test('signals reach it through its monitor, also while its output is not read', async () => {
  const result = await inDom0(`
    mkfifo /tmp/exec.out; exec 9<>/tmp/exec.out
    script='trap "exit 9" TERM; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done & wait'
    runx exec --pid-file /tmp/exec.pid exec sh -c "$script" > /tmp/exec.out & runx=$!
    until [ -s /tmp/exec.pid ]; do sleep 0.2; done; sleep 2
    kill -TERM $(cat /tmp/exec.pid); sleep 2; cat <&9 > /dev/null & reader=$!
    wait $runx; echo $?; kill $reader; rm /tmp/exec.*`);
  assert.equal(result.stdout.toString(), '9\n');
});

test('more at once than a stock kernel has consoles; one whose monitor is killed is killed', async () => {
  const result = await inDom0(`
    for n in 1 2 3 4 5 6 7 8 9 10; do
      runx exec -d --pid-file /tmp/exec.$n exec sleep 7777$n < /dev/null > /dev/null 2>&1 &
    done; wait
    runx ps --format json exec | tr , '\\n' | wc -l
    sleepers() { runx exec exec ps | grep -c '[s]leep 7777'; }
    sleepers
    kill -9 $(cat /tmp/exec.1); sleep 1; sleepers
    for n in 2 3 4 5 6 7 8 9 10; do kill -TERM $(cat /tmp/exec.$n); done; sleep 2
    rm /tmp/exec.*; sleepers`);
  assert.equal(result.stdout.toString(), '11\n10\n9\n0\n');
});

test('with a terminal: its size, its echo, its exit code', async () => {
  const result = await inDom0(
    `mkfifo /tmp/exec.in; exec 9<>/tmp/exec.in
     script='tty; stty size; read line; echo "got $line"; exit 4'
     script -qec "stty rows 33 cols 99; runx exec -t exec sh -c '$script'" /dev/null < /tmp/exec.in |
     while IFS= read -r line; do echo "$line"; case $line in 33*) echo typed >&9 ;; esac; done
     echo "\${PIPESTATUS[0]}"; rm /tmp/exec.in`,
  );
  assert.equal(
    result.stdout.toString().replaceAll('\r', ''),
    '/dev/pts/0\n33 99\ntyped\ngot typed\n4\n',
  );
});

test('one that ends its container says how it has ended itself', async () => {
  const bundle = await makeBundle('ends', idle);
  const result = await inDom0(
    `runx run -d --bundle "$1" ends < /dev/null > /dev/null 2>&1
     runx exec ends sh -c 'kill 1; echo bye; exit 3'; echo $?
     runx delete --force ends`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), 'bye\n3\n');
});

test('it ends with its container, exit code 137', async () => {
  const result = await inDom0(`
    runx exec exec sh -c 'echo ready; sleep 1000' > /tmp/exec.out & runx=$!
    until [ -s /tmp/exec.out ]; do sleep 0.2; done
    runx kill exec TERM; wait $runx; echo $?; rm /tmp/exec.out
    ${untilStopped('exec')}
    runx exec exec true; echo $?`);
  assert.equal(result.stdout.toString(), '137\n255\n');
  assert.equal(result.stderr, 'runx: cannot exec in a stopped container\n');
});
