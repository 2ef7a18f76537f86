import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';
import { terminalScript } from '../support/terminal.ts';

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
subprocess.run(['runx', 'create', '--bundle', sys.argv[1], '--console-socket', '/tmp/console.sock', 'socket'], check=True,
               capture_output=True, timeout=120) # read to their ends, as containerd does
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

test('run on a terminal that is resized while the process runs, and is given back as it was', async () => {
  const bundle = await makeBundle(
    'winch',
    ['sh', '-c', 'trap "stty size; exit 4" WINCH; echo ready; while :; do sleep 0.1; done'],
    (spec) => ({ ...spec, process: { ...spec.process, terminal: true } }),
  );
  const script = String.raw`
open_terminal(24, 80)
before = termios.tcgetattr(slave)
run = spawn('runx', 'run', '--bundle', sys.argv[1], 'winch')
expect('ready\r\n')
raw = termios.tcgetattr(slave) != before
resize(51, 132)
shown = expect('\r\n')
print(raw, shown, run.wait(120), termios.tcgetattr(slave) == before)
`;
  const result = await inDom0('python3 - "$1"', [bundle], terminalScript + script);
  assert.equal(result.stderr, '');
  assert.equal(result.stdout.toString(), "True b'51 132\\r\\n' 4 True\n");
});

test('a shell on a terminal sent to --console-socket: sizes, keys, UTF-8, full screens, exit code', async () => {
  const bundle = await makeBundle('keys', ['sh'], (spec) => ({
    ...spec,
    process: {
      ...spec.process,
      terminal: true,
      env: [...spec.process.env, 'PS1=guest$ '],
    },
  }));
  const script = String.raw`
pid = create(sys.argv[1], 'keys')
resize(31, 97)
subprocess.run(['runx', 'start', 'keys'], check=True)

command("stty size; echo ready; read line; stty size")
expect('\r\n31 97\r\nready\r\n')
resize(40, 100)
send('\n')
expect('\r\n40 100\r\n')

command("sh -c 'echo ready; exec sleep 600'")
expect('\r\nready\r\n')
send('\x03')
command('echo code=$?')
expect('\r\ncode=130\r\n')

command("sh -c 'echo ready; exec cat'")
expect('\r\nready\r\n')
send('grüße €\n')
expect('grüße €\r\ngrüße €\r\n')
send('\x1a')
expect(r'\[1\]\+ +Stopped')
command('fg')
expect('exec cat"?\r\n')
send('back\n')
expect('back\r\nback\r\n')
send('\x04')

command('busybox vi /etc/passwd')
rows = set(re.findall(rb'\x1b\[(\d+);1H~', expect(r'\x1b\[40;1H[^\n]*/etc/passwd[^\n]*%')))
print(rows == {b'%d' % row for row in range(2, 40)})
resize(20, 100)
expect(r'\x1b\[20;1H[^\n]*/etc/passwd[^\n]*%')
send(':q!\n')
expect(r'\x1b\[\?1049l')
command('busybox top')
expect('Mem: .* PID .*busybox top')
send('q')

command('exit 6')
expect_hangup()
print(exit_code(pid))
subprocess.run(['runx', 'delete', 'keys'], check=True)
`;
  const result = await inDom0(
    'trap "runx delete --force keys" EXIT; python3 - "$1"',
    [bundle],
    terminalScript + script,
  );
  assert.equal(result.stderr, '');
  assert.equal(result.stdout.toString(), 'True\n6\n');
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
