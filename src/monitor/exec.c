// The monitor of one process that is added to a running container: a console of its
// own on the domain, which initrd/process answers with frames (frame.h).
#define _GNU_SOURCE
#include "../protocol/read_full.h"
#include "monitor.h"
#include "relay.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    WATCH_CONSOLE,
    WATCH_RELEASE,
    WATCH_DATA,
    FIRST_CONSOLE = 3, // 1 and 2 are the container's own
    LAST_CONSOLE = 63,
    MAX_RECORD = 8 << 20,
    TEXT_MAX = 256,
};

static struct {
    const struct options *options;
    int guardian, control, signals;
    struct xenstore xs;
    struct relay relay;
    bool started, exited;
    int exit_code;
    // The frame that is coming in.
    unsigned char header[FRAME_HEADER];
    size_t header_length, left;
    char text[TEXT_MAX];
    size_t text_length;
} x;

static _Noreturn void finish(int code) {
    terminal_restore();
    relay_disconnect(&x.relay);
    if (x.control >= 0) dprintf(x.control, "exit %d\n", code);
    _exit(code);
}

static _Noreturn void fail(const char *what, const char *why) {
    if (x.control >= 0) dprintf(x.control, "error %s: %s\n", what, why);
    finish(EXIT_KILLED);
}

static void check(const char *what, int rc) {
    if (rc < 0) fail(what, strerror(-rc));
}

static void make_printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~') *text = '?';
}

// A frame other than output is complete.
static void take_reply(void) {
    x.text[x.text_length] = '\0';
    const unsigned char *bytes = (const unsigned char *)x.text;
    switch ((enum reply)x.header[0]) {
    case REPLY_TAKEN:
        if (x.text_length == 2) x.relay.input.credit += (size_t)(bytes[0] | bytes[1] << 8);
        if (x.relay.input.credit > INPUT_CREDIT) x.relay.input.credit = INPUT_CREDIT;
        return;
    case REPLY_STARTED:
        x.started = true;
        if (x.control >= 0) dprintf(x.control, "started\n");
        return;
    case REPLY_FAILED:
        make_printable(x.text);
        if (x.control >= 0) dprintf(x.control, "error %s\n", x.text);
        return;
    case REPLY_EXIT:
        if (x.text_length != 1) break;
        x.exited = true;
        x.exit_code = bytes[0];
        return;
    default:
        break;
    }
    fail("guest", "its answer is not understood");
}

// Takes some of the bytes; 0 when there is no room for any.
static size_t take_piece(const unsigned char *bytes, size_t length) {
    size_t header = 0;
    if (x.header_length < FRAME_HEADER) {
        header = 1;
        x.header[x.header_length++] = *bytes;
        if (x.header_length < FRAME_HEADER) return header;
        x.left = (size_t)(x.header[1] | x.header[2] << 8);
        x.text_length = 0;
        length = 0;
    }
    if (length > x.left) length = x.left;
    if (x.header[0] == REPLY_OUTPUT || x.header[0] == REPLY_ERROR) {
        struct output *output = &x.relay.outputs[x.header[0] - REPLY_OUTPUT];
        size_t room = output_room(output);
        if (length > 0 && room == 0) return 0;
        if (length > room) length = room;
        output_add(output, bytes, length);
    } else {
        size_t room = TEXT_MAX - 1 - x.text_length;
        size_t kept = length < room ? length : room;
        memcpy(x.text + x.text_length, bytes, kept);
        x.text_length += kept;
        if (length == x.left) take_reply();
    }
    x.left -= length;
    if (x.left == 0) x.header_length = 0;
    return header + length;
}

static size_t take_replies(struct relay *relay) {
    const void *bytes;
    size_t total = 0;
    if (relay->console_count == 0 || !relay_take_mark(relay, 0)) return 0;
    for (size_t length; !x.exited && (length = console_peek(&relay->consoles[0], &bytes)) > 0;) {
        size_t taken = take_piece(bytes, length);
        if (taken == 0) break;
        console_consume(&relay->consoles[0], &relay->channels, taken);
        total += taken;
    }
    return total;
}

static bool domain_has(const char *node, char *value, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/local/domain/%u/%s", x.options->domid, node);
    return xenstore_read(&x.xs, 0, path, value, size) >= 0;
}

// The container has ended, or is about to: its process has.
static bool container_is_over(void) {
    char name[256], status[XENSTORE_MAX + 1];
    if (xenstore_receive(&x.xs) < 0) return true;
    return !domain_has("name", name, sizeof name) || strcmp(name, x.options->domain) != 0 ||
           domain_has("data/exit-status", status, sizeof status);
}

static void offer_console(void) {
    char ready[XENSTORE_MAX + 1], line[16];
    if (!domain_has("data/exec", ready, sizeof ready)) return; // it has not booted yet
    if (strcmp(ready, "1")) fail("exec", "the container's kernel has no uevent helper");
    struct device_offer offer = console_offer(&x.relay.consoles[0], x.options->domid, 0);
    int rc = device_offer_free(&x.xs, &offer, FIRST_CONSOLE, LAST_CONSOLE);
    if (rc == -ENOSPC) fail("exec", "too many processes were added to this container");
    check("offering a console", rc);
    x.relay.consoles[0].device = offer.device;
    int length = snprintf(line, sizeof line, "%u\n", offer.device.index);
    if (write(x.guardian, line, (size_t)length) != length) check("guardian", -EPIPE);
    check("watching the console", device_watch(&offer.device, &x.xs, WATCH_CONSOLE));
    x.relay.console_count = 1;
}

static bool console_is_closed(void) {
    return x.relay.console_count > 0 && x.relay.consoles[0].state == CONSOLE_CLOSED;
}

static void take_xenstore_events(void) {
    check("xenstore", xenstore_receive(&x.xs));
    while (x.xs.events != 0) {
        uint32_t events = x.xs.events;
        x.xs.events = 0;
        if (x.relay.console_count == 0) offer_console();
        if (x.relay.console_count > 0 && events & 1u << WATCH_CONSOLE)
            check("console", console_update(&x.relay.consoles[0], &x.xs, &x.relay.channels));
        if (events & (1u << WATCH_RELEASE | 1u << WATCH_DATA) && container_is_over()) {
            relay_drain(&x.relay, 1000, x.xs.fd, container_is_over);
            if (!x.exited && !x.started) fail("exec", "the container has ended");
            finish(x.exited ? x.exit_code : EXIT_KILLED);
        }
    }
}

static void take_signals(void) {
    struct signalfd_siginfo info;
    while (read(x.signals, &info, sizeof info) == sizeof info) {
        // By a process, and not by the kernel or by our own write to a closed pipe.
        bool sent = info.ssi_code <= 0 && info.ssi_pid != (uint32_t)getpid();
        if (info.ssi_signo == SIGHUP && !sent && x.options->console_socket)
            x.relay.input.closed[1] = true; // the engine has closed the terminal
        else if (info.ssi_signo == SIGWINCH && x.options->terminal)
            x.relay.input.window = true;
        else if (sent && info.ssi_signo <= 64)
            x.relay.input.signals |= 1ull << (info.ssi_signo - 1);
    }
}

// Until the process runs, runx waits for it, and without runx nobody wants it.
static void take_control(void) {
    char byte;
    if (read(x.control, &byte, 1) > 0) return;
    close(x.control);
    x.control = -1;
    if (!x.started) finish(EXIT_KILLED);
}

static bool read_all(void *buffer, size_t size) {
    return read_full(x.control, buffer, size) == (ssize_t)size;
}

// "process LENGTH", a newline, and the record itself.
static void receive_record(void) {
    char line[32];
    size_t length = 0;
    do {
        if (length == sizeof line - 1 || !read_all(line + length, 1)) finish(EXIT_KILLED);
    } while (line[length++] != '\n');
    line[length] = '\0';
    unsigned long size;
    if (sscanf(line, "process %lu", &size) != 1 || size > MAX_RECORD) finish(EXIT_KILLED);
    char *record = malloc(size + 1);
    if (!record || !read_all(record, size)) finish(EXIT_KILLED);
    x.relay.input.record = record;
    x.relay.input.record_length = size;
}

_Noreturn void exec_run(const struct options *options, int guardian) {
    char path[64];
    x.options = options;
    x.guardian = guardian;
    x.control = CONTROL_FD;
    x.relay.channels.gntdev = x.relay.channels.evtchn = -1;
    x.relay.take = take_replies;
    x.relay.input.counted = true;
    x.signals = signals_open();
    check(options->console_socket,
          relay_open(&x.relay, options->terminal, options->console_socket));
    receive_record();
    check("/dev/xen/gntdev and /dev/xen/evtchn", channels_open(&x.relay.channels));
    check("/dev/xen/xenbus", xenstore_open(&x.xs));
    check("watching domains", xenstore_watch(&x.xs, "@releaseDomain", WATCH_RELEASE));
    snprintf(path, sizeof path, "/local/domain/%u/data", options->domid);
    check("watching the domain", xenstore_watch(&x.xs, path, WATCH_DATA));
    for (bool more = false;;) {
        struct pollfd fds[] = {
            {.fd = x.signals, .events = POLLIN},
            {.fd = x.control, .events = POLLIN},
            {.fd = x.xs.fd, .events = POLLIN},
            {.fd = x.relay.channels.evtchn, .events = POLLIN},
            {.fd = relay_wants_input(&x.relay), .events = POLLIN},
            {.fd = relay_waits_for(&x.relay, 0), .events = POLLOUT},
            {.fd = relay_waits_for(&x.relay, 1), .events = POLLOUT},
        };
        if (poll(fds, sizeof fds / sizeof *fds, more || x.xs.events ? 0 : -1) < 0 && errno != EINTR)
            check("poll", -errno);
        if (fds[0].revents) take_signals();
        if (fds[1].revents) take_control();
        check("/dev/xen/evtchn",
              relay_turn(&x.relay, fds[3].revents != 0, fds[4].revents != 0, &more));
        // Events also come in beside the answers to requests.
        if (fds[2].revents || x.xs.events) take_xenstore_events();
        if (!more && console_is_closed() && !x.exited) {
            relay_drain(&x.relay, 1000, x.xs.fd, container_is_over);
            fail("guest", "it has closed the console");
        }
        if (x.exited) {
            relay_drain(&x.relay, -1, x.xs.fd, container_is_over);
            finish(x.exit_code);
        }
    }
}

_Noreturn void exec_guardian_run(const struct options *options, int monitor) {
    char line[16], pid_file[32];
    struct xenstore xs;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
    signals_open();
    ssize_t length = read_full(monitor, line, sizeof line - 1);
    line[length > 0 ? length : 0] = '\0';
    const struct device console = {"console", options->domid, (unsigned)atoi(line)};
    snprintf(pid_file, sizeof pid_file, "exec/%ld", options->monitor);
    unlink(pid_file);
    if (console.index >= FIRST_CONSOLE && xenstore_open(&xs) == 0) device_withdraw(&xs, &console);
    _exit(0);
}
