#define _GNU_SOURCE
#include "pump.h"
#include "../../../src/protocol/frame.h"
#include "../../../src/protocol/read_full.h"
#include "../container/container.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int pump_open_console(int number) {
    char path[16];
    struct termios raw;
    snprintf(path, sizeof path, "/dev/hvc%d", number);
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return -1;
    // Nobody else opens it from here on, unless it is the guest's own root.
    if (ioctl(fd, TIOCEXCL) == 0 && tcgetattr(fd, &raw) == 0) {
        cfmakeraw(&raw);
        // The byte is the mark, see frame.h.
        if (tcsetattr(fd, TCSANOW, &raw) == 0 && write(fd, "", 1) == 1) return fd;
    }
    close(fd);
    return -1;
}

static bool write_all(int fd, const void *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, (const char *)bytes + done, length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        done += (size_t)n;
    }
    return true;
}

static void put_header(unsigned char header[FRAME_HEADER], int type, size_t length) {
    header[0] = (unsigned char)type;
    header[1] = (unsigned char)(length & 0xff);
    header[2] = (unsigned char)(length >> 8);
}

// In one write, which the terminal's lock keeps whole: the frames of several processes
// do not mix, as long as no signal cuts it short.
bool pump_reply(int console, int reply, const void *bytes, size_t length) {
    unsigned char frame[FRAME_HEADER + FRAME_MAX];
    if (length > FRAME_MAX) length = FRAME_MAX;
    put_header(frame, reply, length);
    memcpy(frame + FRAME_HEADER, bytes, length);
    return write_all(console, frame, FRAME_HEADER + length);
}

static volatile sig_atomic_t finishing;
static int output_from;

// From here on what is not there yet is not waited for.
static void on_finish(int signal) {
    (void)signal;
    finishing = 1;
    fcntl(output_from, F_SETFL, fcntl(output_from, F_GETFL) | O_NONBLOCK);
}

// How much is copied at most once finishing: what is there now, and what a terminal may hold
// beyond that.  Who writes without end would keep it for ever.
static size_t last_bytes(int from) {
    enum { UNSEEN = 65536 };
    int seen = 0;
    if (ioctl(from, FIONREAD, &seen) < 0 || seen < 0) seen = 0;
    return (size_t)seen + UNSEEN;
}

pid_t pump_output(int from, int console, int reply, const int *close_first) {
    enum { PIECE = 16384, PAUSE_MS = 100 };
    sigset_t stops, before;
    sigemptyset(&stops);
    sigaddset(&stops, SIGUSR1);
    sigaddset(&stops, SIGTERM);
    // What is sent must be sent whole: it is stopped only while it waits for more.
    sigprocmask(SIG_BLOCK, &stops, &before);
    pid_t child = fork();
    if (child != 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return child;
    }
    for (; *close_first >= 0; close_first++) close(*close_first);
    static unsigned char buffer[FRAME_HEADER + PIECE];
    output_from = from;
    // No SA_RESTART: a read that waits has to be interrupted.
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_finish}, NULL);
    size_t left = SIZE_MAX;
    while (left > 0) {
        sigprocmask(SIG_UNBLOCK, &stops, NULL);
        if (finishing && left == SIZE_MAX) left = last_bytes(from);
        ssize_t n = read(from, buffer + FRAME_HEADER, left < PIECE ? left : PIECE);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN && !finishing) {
            poll(&(struct pollfd){.fd = from, .events = POLLIN}, 1, PAUSE_MS);
            continue;
        }
        sigprocmask(SIG_BLOCK, &stops, NULL);
        if (n <= 0) break;
        if (finishing && left != SIZE_MAX) left -= (size_t)n;
        put_header(buffer, reply, (size_t)n);
        size_t header = reply ? FRAME_HEADER : 0;
        if (!write_all(console, buffer + FRAME_HEADER - header, header + (size_t)n)) break;
    }
    tcdrain(console);
    _exit(0);
}

void pump_finish(pid_t pump) {
    if (pump <= 0) return;
    kill(pump, SIGUSR1);
    while (waitpid(pump, NULL, 0) < 0 && errno == EINTR) {
    }
}

static bool read_all(int fd, void *buffer, size_t size) {
    return read_full(fd, buffer, size) == (ssize_t)size;
}

int pump_frame(int console, unsigned char *body, size_t *length) {
    unsigned char header[FRAME_HEADER];
    if (!read_all(console, header, sizeof header)) return -1;
    *length = (size_t)(header[1] | header[2] << 8);
    return *length <= FRAME_MAX && read_all(console, body, *length) ? header[0] : -1;
}

void pump_set_window(int terminal, const unsigned char *bytes, size_t length) {
    if (length != 4) return;
    const struct winsize size = {.ws_row = (unsigned short)(bytes[0] | bytes[1] << 8),
                                 .ws_col = (unsigned short)(bytes[2] | bytes[3] << 8)};
    ioctl(terminal, TIOCSWINSZ, &size);
}

// What the process has not taken yet, so that other frames do not wait behind it.
static struct {
    unsigned char bytes[INPUT_CREDIT + FRAME_MAX];
    size_t length, passed; // passed: and not yet told to Dom0
    bool end;
} held;

static void end_input(struct pump_input *p) {
    close(p->to);
    p->to = -1;
    held.passed += held.length;
    held.length = 0;
}

static void pass_input(struct pump_input *p) {
    while (held.length > 0 && p->to >= 0) {
        ssize_t n = write(p->to, held.bytes, held.length);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n < 0) {
            end_input(p); // the process reads no more; what comes is dropped
            return;
        }
        held.length -= (size_t)n;
        held.passed += (size_t)n;
        memmove(held.bytes, held.bytes + n, held.length);
    }
    if (held.end && p->to >= 0) end_input(p);
}

static void send_signal(int pidfd, int signal) {
    syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static void take_frame(struct pump_input *p, int type, const unsigned char *body, size_t length) {
    switch ((enum frame)type) {
    case FRAME_INPUT:
        if (p->to < 0) {
            held.passed += length;
            break;
        }
        memcpy(held.bytes + held.length, body, length);
        held.length += length;
        break;
    case FRAME_END:
        // A terminal has no end of input: its hang-up is for Dom0 to signal.
        held.end = !p->terminal;
        break;
    case FRAME_WINDOW:
        if (p->terminal && p->to >= 0) pump_set_window(p->to, body, length);
        if (p->gate >= 0) {
            (void)!write(p->gate, &(char){GATE_OPEN}, 1);
            close(p->gate);
            p->gate = -1;
        }
        break;
    case FRAME_CLOSED:
        if (length == 1 && (body[0] == 1 || body[0] == 2) && p->outputs[body[0] - 1] > 0)
            kill(p->outputs[body[0] - 1], SIGTERM);
        if (p->terminal && p->to >= 0) end_input(p); // the last master goes: it hangs up
        break;
    case FRAME_SIGNAL:
        if (length == 1) send_signal(p->pidfd, body[0]);
        break;
    default:
        break;
    }
}

// Tells Dom0 what was passed on, unless the console has no room for that now.
static void acknowledge(int console, int nonblocking) {
    unsigned char frame[FRAME_HEADER + 2];
    put_header(frame, REPLY_TAKEN, 2);
    frame[FRAME_HEADER] = (unsigned char)(held.passed & 0xff);
    frame[FRAME_HEADER + 1] = (unsigned char)(held.passed >> 8);
    ssize_t n = write(nonblocking, frame, sizeof frame);
    if (n <= 0) return;
    write_all(console, frame + n, sizeof frame - (size_t)n);
    held.passed = 0;
}

pid_t pump_input(const struct pump_input *input) {
    struct pump_input p = *input;
    unsigned char body[FRAME_MAX];
    size_t length;
    pid_t child = fork();
    if (child != 0) return child;
    signal(SIGPIPE, SIG_IGN);
    p.pidfd = (int)syscall(SYS_pidfd_open, p.process, 0);
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", p.console);
    int nonblocking = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    fcntl(p.to, F_SETFL, fcntl(p.to, F_GETFL) | O_NONBLOCK);
    for (;;) {
        bool room = held.length + FRAME_MAX <= sizeof held.bytes;
        bool tell = p.framed && held.passed > 0;
        struct pollfd fds[] = {
            {.fd = room || tell ? p.console : -1,
             .events = (short)((room ? POLLIN : 0) | (tell ? POLLOUT : 0))},
            {.fd = held.length > 0 ? p.to : -1, .events = POLLOUT},
        };
        if (poll(fds, 2, -1) < 0 && errno != EINTR) break;
        if (tell && fds[0].revents & POLLOUT) acknowledge(p.console, nonblocking);
        if (room && fds[0].revents & ~POLLOUT) {
            int type = pump_frame(p.console, body, &length);
            if (type < 0) break;
            take_frame(&p, type, body, length);
        }
        pass_input(&p);
    }
    // Dom0 has gone away, and nobody wants the process any more.
    send_signal(p.pidfd, SIGKILL);
    _exit(0);
}
