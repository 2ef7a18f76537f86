/**
 * Python for the far end of a terminal, whose descriptor is `master`. Each wait has a
 * deadline, and fails with what was seen until then.
 */
export const terminalScript = String.raw`
import array, ctypes, fcntl, json, os, re, select, socket, struct, subprocess, sys, termios, time

seen = b''

def resize(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

def send(text):
    os.write(master, text.encode())

# More of what the terminal shows; False when it has hung up.
def more(end, wanted):
    global seen
    if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
        raise SystemExit('no %r in %r' % (wanted, seen[-2000:]))
    try:
        part = os.read(master, 65536)
    except OSError:
        return False
    seen += part
    return part != b''

# Waits until the terminal shows what matches, and returns and drops all up to there.
def expect(pattern, seconds=120):
    global seen
    end = time.monotonic() + seconds
    while not (found := re.search(pattern.encode(), seen, re.DOTALL)):
        if not more(end, pattern):
            raise SystemExit('hung up with no %r in %r' % (pattern, seen[-2000:]))
    shown, seen = seen[:found.end()], seen[found.end():]
    return shown

def expect_hangup(seconds=120):
    end = time.monotonic() + seconds
    while more(end, 'hang-up'):
        pass

def open_terminal(rows, columns):
    global master, slave, seen
    master, slave = os.openpty()
    seen = b''
    resize(rows, columns)

# Runs a program, with what has been opened as its controlling terminal.
def spawn(*argv):
    return subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

# Creates a container that sends its terminal, as its exit code's receiver.
def create(bundle, id):
    global master
    path = '/tmp/%s.sock' % id
    ctypes.CDLL(None).prctl(36, 1) # PR_SET_CHILD_SUBREAPER
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        subprocess.run(['runx', 'create', '--bundle', bundle, '--console-socket', path, id], check=True)
        server.settimeout(0) # it has been sent before create returns
        _, ancillary, _, _ = server.accept()[0].recvmsg(4096, 64)
    os.unlink(path)
    master = array.array('i', ancillary[0][2])[0]
    return json.loads(subprocess.check_output(['runx', 'state', id]))['pid']

def exit_code(pid, seconds=120):
    # Readable once it has ended (pidfd_open(2)).
    if not select.select([os.pidfd_open(pid)], [], [], seconds)[0]:
        raise SystemExit('process %d runs on' % pid)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

# Types a line when the shell asks for it: what is typed before would be taken by whoever reads then.
def command(line):
    expect(r'guest\$ ')
    send(line + '\n')
`;

/**
 * Python that runs a shell by an engine and then another in the same container, each on a
 * terminal of its own. Its arguments are two command lines, in JSON; it prints the exit codes.
 */
export const engineTerminals = String.raw`${terminalScript}
# ctr, with any runtime, shows a line's end as two carriage returns and a newline.
def shown(line):
    expect(r'\r\n%s\r+\n' % line)

def resized(rows, columns):
    resize(rows, columns)
    command('until [ "$(stty size)" = "%d %d" ]; do sleep 0.1; done; echo resized' % (rows, columns))
    shown('resized')

open_terminal(33, 99)
run = spawn(*json.loads(sys.argv[1]))
resized(33, 99)
resized(40, 100)
command("sh -c 'echo ready; exec sleep 600'")
shown('ready')
send('\x03')
command('echo code=$?')
shown('code=130')
first = master, slave, seen
open_terminal(20, 70)
exec = spawn(*json.loads(sys.argv[2]))
resized(20, 70)
command('tty; exit 9')
expect('/dev/pts/[1-9]')
print(exec.wait(120))
master, slave, seen = first
command('exit 6')
print(run.wait(120))
`;
