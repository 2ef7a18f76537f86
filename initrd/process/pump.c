#define _GNU_SOURCE
#include "pump.h"
#include "../../src/monitor/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int pump_open_console(int number) {
    char path[16];
    snprintf(path, sizeof path, "/dev/hvc%d", number);
    const struct timespec pause = {.tv_nsec = 5000000};
    for (int tries = 0; tries < 1000; tries++) {
        int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0) {
            struct termios raw;
            if (tcgetattr(fd, &raw) < 0) return -1;
            cfmakeraw(&raw);
            if (tcsetattr(fd, TCSANOW, &raw) < 0) return -1;
            return write(fd, "", 1) == 1 ? fd : -1; // the mark, see relay.h
        }
        nanosleep(&pause, NULL);
    }
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

int pump_output(int from, int console, const int *close_first) {
    pid_t child = fork();
    if (child != 0) return child;
    for (; *close_first >= 0; close_first++) close(*close_first);
    static char buffer[16384];
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR);)
        if (n > 0 && !write_all(console, buffer, (size_t)n)) break;
    tcdrain(console);
    _exit(0);
}

static bool read_all(int fd, void *buffer, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t n = read(fd, (char *)buffer + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

static void set_window(int terminal, const unsigned char *bytes) {
    const struct winsize size = {.ws_row = (unsigned short)(bytes[0] | bytes[1] << 8),
                                 .ws_col = (unsigned short)(bytes[2] | bytes[3] << 8)};
    ioctl(terminal, TIOCSWINSZ, &size);
}

int pump_input(int console, int to, bool terminal, int go, const int outputs[2]) {
    pid_t child = fork();
    if (child != 0) return child;
    unsigned char header[3], body[4096];
    signal(SIGPIPE, SIG_IGN);
    while (read_all(console, header, sizeof header)) {
        size_t length = (size_t)(header[1] | header[2] << 8);
        if (length > sizeof body || !read_all(console, body, length)) break;
        switch ((enum frame)header[0]) {
        case FRAME_INPUT:
            if (to >= 0 && !write_all(to, body, length) && !terminal) {
                close(to); // the process reads no more; what comes is dropped
                to = -1;
            }
            break;
        case FRAME_END:
            // A terminal has no end of input: its hang-up is for Dom0 to signal.
            if (!terminal && to >= 0) {
                close(to);
                to = -1;
            }
            break;
        case FRAME_WINDOW:
            if (terminal && length == 4) set_window(to, body);
            if (go >= 0) {
                (void)!write(go, "", 1);
                close(go);
                go = -1;
            }
            break;
        case FRAME_CLOSED:
            if (length == 1 && (body[0] == 1 || body[0] == 2) && outputs[body[0] - 1] > 0)
                kill(outputs[body[0] - 1], SIGKILL);
            if (terminal) _exit(0); // the last master goes: the terminal hangs up
            break;
        }
    }
    _exit(0);
}
