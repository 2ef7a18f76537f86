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
    end = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > end:
            raise SystemExit('process %d runs on' % pid)
        time.sleep(0.1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
`;
