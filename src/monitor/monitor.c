#define _GNU_SOURCE
#include "monitor.h"
#include "relay.h"
#include "share.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_CONSOLES, WATCH_RELEASE, WATCH_DATA };

static struct {
    const struct options *options;
    int guardian, control, signals;
    struct channels channels;
    struct xenstore xs;
    unsigned domid;      // 0: not created yet
    char domain[128];    // empty: runx has not named it yet
    bool raw_when_ready; // the inherited terminal, once the guest takes its input
    bool committed;      // create is done: from here on the container outlives runx
    struct console consoles[2];
    unsigned console_count;
    struct output outputs[2];
    struct input input;
    struct share rootfs;
    pid_t rootfs_server; // 0: none
} m;

static enum answer ask_guardian(enum request request, const char *text) {
    char answer = request == REQUEST_STATE ? ANSWER_RUNNING : ANSWER_GONE;
    dprintf(m.guardian, "%c%s\n", (char)request, text);
    while (read(m.guardian, &answer, 1) < 0 && errno == EINTR) {
    }
    return (enum answer)answer;
}

static _Noreturn void finish(int code) {
    if (m.rootfs_server > 0 && kill(m.rootfs_server, SIGKILL) == 0)
        waitpid(m.rootfs_server, NULL, 0);
    for (unsigned i = 0; i < m.console_count; i++) console_disconnect(&m.consoles[i], &m.channels);
    terminal_restore();
    if (m.domain[0] != '\0') ask_guardian(REQUEST_DESTROY, "");
    if (m.control >= 0) dprintf(m.control, "exit %d\n", code);
    _exit(code);
}

// An error of the monitor's own: to runx while it listens, else to the
// container's standard error.
static void complain(const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (m.control >= 0 && !m.committed)
        dprintf(m.control, "error %s\n", text);
    else if (poll(&(struct pollfd){.fd = m.outputs[1].fd, .events = POLLOUT}, 1, 1000) > 0)
        dprintf(m.outputs[1].fd, "runx: container %s: %s\n", m.options->id, text);
}

static _Noreturn void fail(const char *what, int error) {
    complain("%s: %s", what, strerror(error));
    finish(1);
}

// Moves what is ready; true when a guest has written on meanwhile and there is more.
static bool pump(bool readable) {
    enum { TURNS = 16 };
    bool more = false;
    for (unsigned i = 0; i < m.console_count; i++) {
        struct output *output = &m.outputs[i];
        bool broken = output->broken;
        size_t taken = 0;
        if (output->blocked) output_write(output); // it may be ready again
        for (unsigned turn = 0; turn < TURNS && !output->blocked; turn++) {
            taken = output_take(output, &m.channels);
            if (output->length == 0) break;
            output_write(output);
        }
        more |= taken > 0 && !output->blocked;
        if (output->broken && !broken) m.input.closed[i + 1] = true;
    }
    if (m.outputs[0].ready) {
        if (m.raw_when_ready) terminal_raw(0);
        m.raw_when_ready = false;
        input_pump(&m.input, &m.channels, readable);
    }
    return more;
}

// A guest writes a few hundred bytes at a time, and to sleep and be woken for each
// costs more than to move them: while output flows, look a moment longer for more.
static void linger(void) {
    enum { LOOKS = 2000, LIMIT = 262144 };
    size_t total = 0;
    for (int look = 0; look < LOOKS && total < LIMIT; look++) {
        for (unsigned i = 0; i < m.console_count; i++) {
            struct output *output = &m.outputs[i];
            size_t taken = output_take(output, &m.channels);
            if (taken > 0) look = 0;
            total += taken;
            if (output->length >= sizeof output->bytes / 2) {
                output_write(output);
                if (output->blocked) return;
            }
        }
    }
}

static bool domain_is_there(void) {
    char path[64], name[sizeof m.domain];
    snprintf(path, sizeof path, "/local/domain/%u/name", m.domid);
    return xenstore_read(&m.xs, 0, path, name, sizeof name) >= 0 && !strcmp(name, m.domain);
}

// Gives slow readers their time, or `deadline_ms` if that is not negative.
static void drain(int deadline_ms) {
    for (;;) {
        bool more = pump(false);
        struct pollfd fds[] = {
            {.fd = m.xs.fd, .events = POLLIN},
            {.fd = m.outputs[0].blocked ? m.outputs[0].fd : -1, .events = POLLOUT},
            {.fd = m.outputs[1].blocked ? m.outputs[1].fd : -1, .events = POLLOUT},
        };
        if (!more && fds[1].fd < 0 && fds[2].fd < 0) return;
        if (poll(fds, sizeof fds / sizeof *fds, more ? 0 : deadline_ms) == 0 && !more) return;
        // Once the domain is destroyed nobody waits for its last words for long.
        if (fds[0].revents && (xenstore_receive(&m.xs) < 0 || !domain_is_there()))
            deadline_ms = 1000;
    }
}

// The last line that the guest's kernel and init left on their own console,
// which xenconsoled keeps; only characters fit for a terminal.
static void last_console_line(char *line, size_t size) {
    char path[64], tty[64], byte, current[200];
    size_t length = 0;
    line[0] = '\0';
    snprintf(path, sizeof path, "/local/domain/%u/console/tty", m.domid);
    if (xenstore_read(&m.xs, 0, path, tty, sizeof tty) < 0 || strncmp(tty, "/dev/pts/", 9)) return;
    int fd = open(tty, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    for (int budget = 65536; budget > 0 && poll(&ready, 1, 300) > 0; budget--) {
        if (read(fd, &byte, 1) != 1) break;
        if (byte == '\n' || byte == '\r') {
            current[length] = '\0';
            if (strstr(current, "panic") || strstr(current, "runx:") || line[0] == '\0')
                snprintf(line, size, "%s", current);
            length = 0;
        } else if (byte >= ' ' && byte <= '~' && length < sizeof current - 1) {
            current[length++] = byte;
        }
    }
    close(fd);
}

// The number in a file of the state directory, or -1.
static int read_number_file(const char *name) {
    char text[16];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return -1;
    text[length] = '\0';
    return atoi(text);
}

static int read_data(const char *node, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/local/domain/%u/data/%s", m.domid, node);
    return xenstore_read(&m.xs, 0, path, text, size);
}

// Ends the monitor if the guest's init has said how the process ended.
static void check_exit_status(void) {
    char text[256], *end;
    if (read_data("exit-status", text, sizeof text) < 0) return;
    long code = strtol(text, &end, 10);
    drain(-1);
    if (*text == '\0' || *end != '\0' || code < 0 || code > 255) {
        complain("the guest wrote an exit status that is none");
        finish(EXIT_KILLED);
    }
    if (read_data("error", text, sizeof text) > 0) {
        for (char *c = text; *c; c++)
            if (*c < ' ' || *c > '~') *c = '?';
        complain("guest: %s", text);
    }
    finish((int)code);
}

// Ends the monitor if the domain is gone, or has ended without an exit status.
static void check_domain(void) {
    char line[200];
    enum answer state = domain_is_there() ? ask_guardian(REQUEST_STATE, "") : ANSWER_GONE;
    if (state == ANSWER_RUNNING) return;
    check_exit_status();
    drain(1000);
    if (state == ANSWER_GONE) {
        int signal = read_number_file("killed-by");
        finish(signal > 0 && signal <= 64 ? 128 + signal : EXIT_KILLED);
    }
    last_console_line(line, sizeof line);
    complain("the guest ended without an exit status%s%s", line[0] ? ": " : "", line);
    finish(EXIT_KILLED);
}

static void take_xenstore_events(void) {
    int rc = xenstore_receive(&m.xs);
    if (rc < 0) fail("xenstore", -rc);
    // Reading brings new events with it.
    while (m.xs.events != 0) {
        uint32_t events = m.xs.events;
        m.xs.events = 0;
        if (events & 1u << WATCH_CONSOLES)
            for (unsigned i = 0; i < m.console_count; i++) {
                rc = console_update(&m.consoles[i], &m.xs, &m.channels);
                if (rc < 0) complain("console %u: %s", i + 1, strerror(-rc));
            }
        pump(false);
        if (events & 1u << WATCH_DATA) check_exit_status();
        if (events & 1u << WATCH_RELEASE) check_domain();
    }
}

static void offer_devices(void) {
    char path[64];
    struct device_offer offers[3];
    int rc = channels_open(&m.channels);
    if (rc < 0) fail("/dev/xen/gntdev and /dev/xen/evtchn", -rc);
    rc = xenstore_open(&m.xs);
    if (rc < 0) fail("/dev/xen/xenbus", -rc);
    unsigned count = m.options->terminal ? 1 : 2;
    for (unsigned i = 0; i < count; i++) {
        offers[i] = console_offer(&m.consoles[i], m.domid, i + 1);
        m.outputs[i].console = &m.consoles[i];
    }
    m.input.console = &m.consoles[0];
    m.input.window = m.options->terminal;
    if (m.options->rootfs) {
        m.rootfs =
            (struct share){{"9pfs", m.domid, 0}, "rootfs", m.options->rootfs, m.options->diod};
        offers[count] = share_offer(&m.rootfs);
    }
    rc = device_offer(&m.xs, offers, m.options->rootfs ? count + 1 : count);
    for (unsigned i = 0; i < count && rc == 0; i++)
        rc = device_watch(&m.consoles[i].device, &m.xs, WATCH_CONSOLES);
    if (rc == 0) rc = xenstore_watch(&m.xs, "@releaseDomain", WATCH_RELEASE);
    snprintf(path, sizeof path, "/local/domain/%u/data", m.domid);
    if (rc == 0) rc = xenstore_watch(&m.xs, path, WATCH_DATA);
    if (rc < 0) fail("offering devices in xenstore", -rc);
    m.console_count = count;
    if (m.options->rootfs) {
        m.rootfs_server = share_start(&m.rootfs);
        if (m.rootfs_server < 0) fail("serving the rootfs", -m.rootfs_server);
    }
    dprintf(m.control, "ready\n");
}

static void name_domain(void) {
    char text[sizeof m.domain + 16];
    snprintf(text, sizeof text, "%u %s", m.domid, m.domain);
    ask_guardian(REQUEST_NAME, text);
}

// Lines from runx: "name NAME" before the domain is created, "domain DOMID" after,
// then "commit"; the stream's end without "commit" means that create died.
static void take_control(void) {
    static char line[256];
    static size_t length;
    ssize_t n = read(m.control, line + length, sizeof line - 1 - length);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) {
        close(m.control);
        m.control = -1;
        if (!m.committed) finish(1);
        return;
    }
    length += (size_t)n;
    line[length] = '\0';
    for (char *end; (end = strchr(line, '\n'));) {
        *end = '\0';
        if (m.domain[0] == '\0' && sscanf(line, "name %127s", m.domain) == 1) {
            name_domain();
        } else if (m.console_count == 0 && sscanf(line, "domain %u", &m.domid) == 1) {
            name_domain();
            offer_devices();
        } else if (!strcmp(line, "commit")) {
            m.committed = true;
        }
        length -= (size_t)(end + 1 - line);
        memmove(line, end + 1, length + 1);
    }
}

// Without its server the guest would wait for its files for ever.
static void check_rootfs_server(void) {
    for (pid_t ended; (ended = waitpid(-1, NULL, WNOHANG)) > 0;)
        if (ended == m.rootfs_server) {
            m.rootfs_server = 0;
            check_exit_status();
            complain("the 9P server of the rootfs has ended");
            finish(EXIT_KILLED);
        }
}

static void take_signals(void) {
    struct signalfd_siginfo info;
    while (read(m.signals, &info, sizeof info) == sizeof info) {
        // By a process, and not by the kernel or by our own write to a closed pipe.
        bool sent = info.ssi_code <= 0 && info.ssi_pid != (uint32_t)getpid();
        if (info.ssi_signo == SIGCHLD && !sent)
            check_rootfs_server();
        else if (info.ssi_signo == SIGHUP && !sent && m.options->console_socket)
            m.input.closed[1] = true; // the engine has closed the terminal
        else if (info.ssi_signo == SIGWINCH && m.options->terminal)
            m.input.window = true;
        else if (sent && m.domid != 0)
            (void)signal_guest(m.domid, (int)info.ssi_signo);
    }
}

static void open_stdio(void) {
    m.input.fd = 0;
    output_open(&m.outputs[0], 1);
    output_open(&m.outputs[1], 2);
    if (!m.options->terminal) return;
    if (!m.options->console_socket) {
        m.raw_when_ready = true;
        return;
    }
    int slave = terminal_send_master(m.options->console_socket);
    if (slave < 0) fail(m.options->console_socket, -slave);
    m.input.fd = slave;
    output_open(&m.outputs[0], slave);
    output_open(&m.outputs[1], slave);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
}

static int open_signals(void) {
    sigset_t all;
    sigfillset(&all);
    const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (size_t i = 0; i < sizeof synchronous / sizeof *synchronous; i++)
        sigdelset(&all, synchronous[i]);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn void monitor_run(const struct options *options, int guardian) {
    m.options = options;
    m.guardian = guardian;
    m.control = CONTROL_FD;
    m.channels.gntdev = m.channels.evtchn = m.xs.fd = -1;
    m.signals = open_signals();
    open_stdio();
    bool more = false;
    for (;;) {
        bool wants_input = m.outputs[0].ready && m.consoles[0].state == CONSOLE_CONNECTED &&
                           m.input.length == 0 && m.input.fd >= 0;
        struct pollfd fds[] = {
            {.fd = m.signals, .events = POLLIN},
            {.fd = m.control, .events = POLLIN},
            {.fd = m.xs.fd, .events = POLLIN},
            {.fd = m.channels.evtchn, .events = POLLIN},
            {.fd = wants_input ? m.input.fd : -1, .events = POLLIN},
            {.fd = m.outputs[0].blocked ? m.outputs[0].fd : -1, .events = POLLOUT},
            {.fd = m.outputs[1].blocked ? m.outputs[1].fd : -1, .events = POLLOUT},
        };
        if (poll(fds, sizeof fds / sizeof *fds, more ? 0 : -1) < 0 && errno != EINTR)
            fail("poll", errno);
        if (fds[0].revents) take_signals();
        if (fds[1].revents) take_control();
        struct channel_events events = {0};
        if (fds[3].revents && channels_take_events(&m.channels, &events) < 0)
            fail("/dev/xen/evtchn", errno);
        if (events.size > 0) linger();
        more = pump(fds[4].revents != 0);
        channels_rearm(&m.channels, &events);
        if (fds[2].revents) take_xenstore_events();
    }
}
