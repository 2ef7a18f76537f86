import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';
import { terminalScript } from '../support/terminal.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

test('logs: both streams of a detached container, followed to its end and after it', async () => {
  const script = 'echo out; echo err >&2; read line; echo "got $line"; exit 5';
  const bundle = await makeBundle('kept', ['sh', '-c', script]);
  const result = await inDom0(
    `trap 'runx delete --force kept' EXIT
     runx run --detach --keep-output --bundle "$1" kept
     until runx logs kept | grep -q err; do sleep 0.2; done
     runx logs --follow kept > /tmp/followed & follower=$!
     mkfifo /tmp/kept.in; exec 9<>/tmp/kept.in; echo typed >&9
     runx console kept < /tmp/kept.in > /tmp/console; echo $?
     wait $follower; echo $?; sort /tmp/followed; tail -n 1 /tmp/console; rm /tmp/followed /tmp/console /tmp/kept.in
     runx state kept | grep -c '"stopped"'; runx logs --tail 1 kept`,
    [bundle],
  );
  assert.equal(result.stderr, '');
  assert.equal(result.stdout.toString(), '5\n0\nerr\ngot typed\nout\ngot typed\n1\ngot typed\n');
});

test('logs: 5 MB that nobody reads do not stop the container; the last of them are kept', async () => {
  const bundle = await makeBundle('much', [
    'sh',
    '-c',
    'i=0; while [ $i -lt 5 ]; do head -c 1000000 /dev/zero; i=$((i+1)); done; echo end',
  ]);
  const result = await inDom0(
    `trap 'runx delete --force much' EXIT
     runx run --detach --keep-output --bundle "$1" much
     timeout 240 runx logs --follow --tail 1 much | tail -c 4
     stat -c %s /run/runx/much/output.1; runx logs much | wc -c`,
    [bundle],
  );
  const [end, older, kept] = result.stdout.toString().split('\n');
  assert.equal(end, 'end', result.stderr);
  assert.equal(older, '1048576');
  assert.equal(Number(kept), 1_048_576 + ((5_000_004 - 1_048_576) % 1_048_576));
});

test('console: a shell on a terminal, left and taken up again, with its size and exit code', async () => {
  const bundle = await makeBundle('held', ['sh'], (spec) => ({
    ...spec,
    process: { ...spec.process, terminal: true, env: [...spec.process.env, 'PS1=guest$ '] },
  }));
  const script = String.raw`
subprocess.run(['runx', 'run', '--detach', '--keep-output', '--bundle', sys.argv[1], 'held'], check=True)
open_terminal(33, 99)
before = termios.tcgetattr(slave)
console = spawn('runx', 'console', 'held')
expect('attached to held')
command('until [ "$(stty size)" = "33 99" ]; do sleep 0.1; done; echo sized')
expect('\r\nsized\r\n')
command('echo first')
expect('\r\nfirst\r\n')
send('\x1d')
print(console.wait(60), termios.tcgetattr(slave) == before)
open_terminal(20, 70)
console = spawn('runx', 'console', 'held')
expect('\r\nfirst\r\n')
command('until [ "$(stty size)" = "20 70" ]; do sleep 0.1; done; exit 6')
print(console.wait(120))
`;
  const result = await inDom0(
    'trap "runx delete --force held" EXIT; python3 - "$1"',
    [bundle],
    terminalScript + script,
  );
  assert.equal(result.stderr, '');
  assert.equal(result.stdout.toString(), '0 True\n6\n');
});
