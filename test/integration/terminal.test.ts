import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

test('run on a terminal: its size, its echo, its own /dev/console', async () => {
  const script =
    'tty; stty size; ls -l /dev/console | cut -c1; read line; echo "got $line"; exit 4';
  const bundle = await makeBundle('tty', ['sh', '-c', script], (spec) => ({
    ...spec,
    process: { ...spec.process, terminal: true },
  }));
  const result = await inDom0(
    `mkfifo /tmp/tty.in; exec 9<>/tmp/tty.in
     script -qec 'stty rows 33 cols 99; runx run --bundle "'"$1"'" tty' /dev/null < /tmp/tty.in |
     while IFS= read -r line; do echo "$line"; case $line in c*) echo typed >&9 ;; esac; done
     echo "\${PIPESTATUS[0]}"; rm /tmp/tty.in`,
    [bundle],
  );
  assert.equal(
    result.stdout.toString().replaceAll('\r', ''),
    '/dev/pts/0\n33 99\nc\ntyped\ngot typed\n4\n',
  );
});

test('create --console-socket sends the master before it returns', async () => {
  const bundle = await makeBundle(
    'socket',
    ['sh', '-c', 'tty; read line; echo "got $line"'],
    (spec) => ({
      ...spec,
      process: { ...spec.process, terminal: true },
    }),
  );
  const receiver = `
import array, os, socket, subprocess, sys
server = socket.socket(socket.AF_UNIX)
server.bind('/tmp/console.sock')
server.listen()
subprocess.run(['runx', 'create', '--bundle', sys.argv[1], '--console-socket', '/tmp/console.sock', 'socket'], check=True)
server.settimeout(0)
connection, _ = server.accept()
data, ancillary, _, _ = connection.recvmsg(4096, 64)
os.unlink('/tmp/console.sock')
master = array.array('i', ancillary[0][2])[0]
subprocess.run(['runx', 'start', 'socket'], check=True)
output = os.read(master, 4096)
os.write(master, b'typed\\n')
while True:
    try:
        part = os.read(master, 4096)
    except OSError:
        break
    output += part
print(len(data) > 0, len(ancillary), output)
subprocess.run(['runx', 'delete', 'socket'], check=True)
`;
  const result = await inDom0('python3 - "$1"', [bundle], receiver);
  assert.equal(result.stderr, '');
  assert.equal(result.stdout.toString(), "True 1 b'/dev/pts/0\\r\\ntyped\\r\\ngot typed\\r\\n'\n");
});

test('a terminal with no console socket cannot be detached', async () => {
  const bundle = await makeBundle('notty', ['true'], (spec) => ({
    ...spec,
    process: { ...spec.process, terminal: true },
  }));
  const result = await inDom0('runx create --bundle "$1" notty', [bundle]);
  assert.equal(
    result.stderr,
    'runx: cannot allocate tty if runx will detach without setting console socket\n',
  );
  assert.equal(result.exitCode, 1);
});
