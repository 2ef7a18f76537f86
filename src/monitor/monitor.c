#define _GNU_SOURCE
#include "monitor.h"
#include "../backend/9p/serving.h"
#include "attach.h"
#include "ending.h"
#include "relay.h"
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
#include <time.h>
#include <unistd.h>

enum { WATCH_CONSOLES, WATCH_RELEASE, WATCH_DATA, WATCH_TTY };

static struct {
    const struct options *options;
    int guardian, control, signals;
    struct xenstore xs;
    unsigned domid;   // 0: not created yet
    char domain[128]; // empty: runx has not named it yet
    bool committed;   // create is done: from here on the container outlives runx
    struct relay relay;
    struct kernel_console kernel_console; // of a guest of its own
    struct serving serving;
} m;

static enum answer ask_guardian(enum request request, const char *text) {
    char answer = request == REQUEST_STATE ? ANSWER_RUNNING : ANSWER_GONE;
    dprintf(m.guardian, "%c%s\n", (char)request, text);
    while (read(m.guardian, &answer, 1) < 0 && errno == EINTR) {
    }
    return (enum answer)answer;
}

static _Noreturn void finish(int code) {
    serving_kill(&m.serving);
    relay_disconnect(&m.relay);
    terminal_restore();
    if (m.domain[0] != '\0') ask_guardian(REQUEST_DESTROY, "");
    serving_wait();
    attach_end(code);
    if (m.control >= 0) dprintf(m.control, "exit %d\n", code);
    _exit(code);
}

// An error of the monitor's own: to runx while it listens, else to the
// container's standard error.
static void complain(const char *format, ...) {
    char text[1024], line[sizeof text + 1100]; // an id has 1024 bytes at most
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++)
        if (*c == '\n') *c = ' '; // of a path: one line is one error
    snprintf(line, sizeof line, "runx: container %s: %s\n", m.options->id, text);
    if (m.control >= 0 && !m.committed)
        dprintf(m.control, "error %s\n", text);
    else if (m.options->keep_output)
        output_add(&m.relay.outputs[1], line, strlen(line));
    else if (poll(&(struct pollfd){.fd = m.relay.outputs[1].fd, .events = POLLOUT}, 1, 1000) > 0)
        dprintf(m.relay.outputs[1].fd, "%s", line);
}

static _Noreturn void fail(const char *what, int error) {
    complain("%s: %s", what, strerror(error));
    finish(1);
}

static bool domain_is_there(void) {
    char path[64], name[sizeof m.domain];
    snprintf(path, sizeof path, "/local/domain/%u/name", m.domid);
    return xenstore_read(&m.xs, 0, path, name, sizeof name) >= 0 && !strcmp(name, m.domain);
}

static bool domain_is_gone(void) {
    return xenstore_receive(&m.xs) < 0 || !domain_is_there();
}

static int read_data(const char *node, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/local/domain/%u/data/%s", m.domid, node);
    return xenstore_read(&m.xs, 0, path, text, size);
}

// Ends the monitor if the guest's init has said how the process ended.
static void check_exit_status(void) {
    char text[256], *end;
    if (m.options->own_guest) return;
    if (read_data("exit-status", text, sizeof text) < 0) return;
    long code = strtol(text, &end, 10);
    relay_drain(&m.relay, -1, m.xs.fd, domain_is_gone);
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

// Ends the monitor of a guest of its own, which has ended: only a power-off is success.
static _Noreturn void finish_own_guest(enum answer state) {
    if (state == ANSWER_ENDED) finish(0);
    complain("the guest %s", ending_reason(state));
    char lines[CONSOLE_TAIL], *rest;
    snprintf(lines, sizeof lines, "%s", kernel_console_last_words(&m.kernel_console));
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        complain("console: %s", line);
    finish(EXIT_KILLED);
}

// Ends the monitor if the domain is gone, or has ended without an exit status.
static void check_domain(void) {
    char line[200];
    enum answer state = domain_is_there() ? ask_guardian(REQUEST_STATE, "") : ANSWER_GONE;
    if (state == ANSWER_RUNNING) return;
    check_exit_status();
    if (m.options->own_guest) kernel_console_drain(&m.relay);
    relay_drain(&m.relay, 1000, m.xs.fd, domain_is_gone);
    if (state == ANSWER_GONE) finish(ending_exit_code());
    if (m.options->own_guest) finish_own_guest(state);
    ending_console_line(&m.xs, m.domid, line, sizeof line);
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
            for (unsigned i = 0; i < m.relay.console_count; i++) {
                rc = console_update(&m.relay.consoles[i], &m.xs, &m.relay.channels);
                if (rc < 0) complain("console %u: %s", i + 1, strerror(-rc));
            }
        if (events & 1u << WATCH_TTY)
            m.relay.ready[0] |= kernel_console_open(&m.kernel_console, &m.xs, m.domid);
        relay_pump(&m.relay, false);
        if (events & 1u << WATCH_DATA) check_exit_status();
        if (events & 1u << WATCH_RELEASE) check_domain();
    }
}

static void start_serving(void) {
    char error[512];
    if (serving_start(&m.serving, m.options->served, m.options->diod, error, sizeof error)) return;
    complain("9P server: %s", error);
    finish(1);
}

static void offer_devices(void) {
    char path[64];
    struct device_offer offers[2 + MAX_SHARES];
    int rc = channels_open(&m.relay.channels);
    if (rc < 0) fail("/dev/xen/gntdev and /dev/xen/evtchn", -rc);
    rc = xenstore_open(&m.xs);
    if (rc < 0) fail("/dev/xen/xenbus", -rc);
    unsigned count = m.options->own_guest ? 0 : m.options->terminal ? 1 : 2;
    for (unsigned i = 0; i < count; i++)
        offers[i] = console_offer(&m.relay.consoles[i], m.domid, i + 1);
    struct share_list *served = m.options->served;
    for (unsigned i = 0; i < served->share_count; i++) {
        served->shares[i].device = (struct device){"9pfs", m.domid, i};
        offers[count + i] = share_offer(&served->shares[i]);
    }
    rc = device_offer(&m.xs, offers, count + served->share_count);
    for (unsigned i = 0; i < count && rc == 0; i++)
        rc = device_watch(&m.relay.consoles[i].device, &m.xs, WATCH_CONSOLES);
    if (rc == 0) rc = xenstore_watch(&m.xs, "@releaseDomain", WATCH_RELEASE);
    snprintf(path, sizeof path, "/local/domain/%u/data", m.domid);
    if (rc == 0) rc = xenstore_watch(&m.xs, path, WATCH_DATA);
    snprintf(path, sizeof path, "/local/domain/%u/console/tty", m.domid);
    if (rc == 0 && m.options->own_guest) rc = xenstore_watch(&m.xs, path, WATCH_TTY);
    if (rc < 0) fail("offering devices in xenstore", -rc);
    m.relay.console_count = count;
    start_serving();
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
        } else if (m.domid == 0 && sscanf(line, "domain %u", &m.domid) == 1) {
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
static void check_server(void) {
    if (!serving_has_ended(&m.serving)) return;
    check_exit_status();
    complain("the 9P server has ended");
    finish(EXIT_KILLED);
}

static void take_signals(void) {
    struct signalfd_siginfo info;
    while (read(m.signals, &info, sizeof info) == sizeof info) {
        // By a process, and not by the kernel or by our own write to a closed pipe.
        bool sent = info.ssi_code <= 0 && info.ssi_pid != (uint32_t)getpid();
        if (info.ssi_signo == SIGCHLD && !sent)
            check_server();
        else if (info.ssi_signo == SIGHUP && !sent && m.options->console_socket)
            m.relay.input.closed[1] = true; // the engine has closed the terminal
        else if (info.ssi_signo == SIGWINCH && m.options->terminal)
            m.relay.input.window = true;
        else if (sent && m.domid != 0)
            (void)(m.options->own_guest ? signal_own_guest : signal_guest)(m.domid,
                                                                           (int)info.ssi_signo);
    }
}

_Noreturn void monitor_run(const struct options *options, int guardian) {
    m.options = options;
    m.guardian = guardian;
    m.control = CONTROL_FD;
    m.relay.channels.gntdev = m.relay.channels.evtchn = m.xs.fd = -1;
    m.relay.take = options->own_guest ? kernel_console_take : relay_take_streams;
    m.relay.kernel_console = options->own_guest ? &m.kernel_console : NULL;
    m.relay.input.raw = options->own_guest;
    m.kernel_console.tty = -1;
    m.signals = signals_open();
    int rc = options->keep_output
                 ? attach_open(&m.relay, options->terminal)
                 : relay_open(&m.relay, options->terminal, options->console_socket);
    if (rc < 0) fail(options->keep_output ? "keeping the output" : options->console_socket, -rc);
    bool more = false;
    for (;;) {
        struct pollfd fds[] = {
            {.fd = m.signals, .events = POLLIN},
            {.fd = m.control, .events = POLLIN},
            {.fd = m.xs.fd, .events = POLLIN},
            {.fd = m.relay.channels.evtchn, .events = POLLIN},
            {.fd = relay_wants_input(&m.relay), .events = POLLIN},
            {.fd = relay_waits_for(&m.relay, 0), .events = POLLOUT},
            {.fd = relay_waits_for(&m.relay, 1), .events = POLLOUT},
            attach_wait_listener(),
            attach_wait_client(&m.relay),
            kernel_console_waits_for(&m.relay),
        };
        if (poll(fds, sizeof fds / sizeof *fds, more || m.xs.events ? 0 : -1) < 0 && errno != EINTR)
            fail("poll", errno);
        if (fds[0].revents) take_signals();
        if (fds[1].revents) take_control();
        attach_turn(&m.relay, fds[7].revents, fds[8].revents);
        rc = relay_turn(&m.relay, fds[3].revents != 0, fds[4].revents != 0, &more);
        if (rc < 0) fail("/dev/xen/evtchn", -rc);
        // Events also come in beside the answers to requests.
        if (fds[2].revents || m.xs.events) take_xenstore_events();
    }
}
