#define _GNU_SOURCE
#include "monitor.h"
#include "../backend/9p/serving.h"
#include "../host/domain.h"
#include "../host/guest_signal.h"
#include "../protocol/limits.h"
#include "../protocol/nodes.h"
#include "../protocol/number.h"
#include "ending.h"
#include "keeper.h"
#include "kernel_console.h"
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WATCH_CONSOLES, WATCH_RELEASE, WATCH_DATA, WATCH_TTY };

struct monitor {
    const struct options *options;
    int keeper;
    struct domain domain;
    bool committed; // create is done: from here on the container outlives runx
    struct loop loop;
    struct attach attach;                 // where the output is kept
    struct kernel_console kernel_console; // of a guest of its own
    struct serving serving;
};

static _Noreturn void finish(struct monitor *m, int code) {
    serving_kill(&m->serving);
    relay_disconnect(&m->loop.relay);
    terminal_restore(&m->loop.relay.terminal);
    if (m->domain.name[0] != '\0') keeper_destroy(m->keeper);
    serving_wait();
    if (m->loop.attach) attach_end(m->loop.attach, code);
    control_say(&m->loop.control, "exit %d", code);
    _exit(code);
}

// An error of the monitor's own: to runx while it listens, else to the container's standard
// error.
static void __attribute__((format(printf, 2, 3)))
complain(struct monitor *m, const char *format, ...) {
    struct output *output = &m->loop.relay.outputs[1];
    char text[1024], line[sizeof text + 1100]; // an id has 1024 bytes at most
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++)
        if (*c == '\n') *c = ' '; // of a path: one line is one error
    snprintf(line, sizeof line, "runx: container %s: %s\n", m->options->id, text);
    if (m->loop.control.fd >= 0 && !m->committed)
        control_say(&m->loop.control, "error %s", text);
    else if (m->options->keep_output)
        output_add(output, line, strlen(line));
    else if (poll(&(struct pollfd){.fd = output->fd, .events = POLLOUT}, 1, 1000) > 0)
        dprintf(output->fd, "%s", line);
}

static _Noreturn void fail(struct monitor *m, const char *what, int error) {
    complain(m, "%s: %s", what, strerror(error));
    finish(m, 1);
}

static void check(struct monitor *m, const char *what, int rc) {
    if (rc < 0) fail(m, what, -rc);
}

static bool domain_is_gone(void *context) {
    struct monitor *m = context;
    return !domain_is_there(&m->loop.xs, &m->domain);
}

// Reads what the guest has said of the container: `format` is of a slot's nodes.
static int read_slot(struct monitor *m, const char *format, char *text, size_t size) {
    const struct node node = domain_node(m->domain.id, format, m->options->slot);
    return xenstore_read(&m->loop.xs, node.path, text, size);
}

// Ends the monitor if the guest's init has said how the process ended.
static void check_exit_status(struct monitor *m) {
    char text[256];
    uint64_t code;
    if (m->options->own_guest) return;
    if (read_slot(m, NODE_EXIT_STATUS, text, sizeof text) < 0) return;
    loop_drain(&m->loop, -1);
    if (!number_parse(text, 10, &code) || code > 255) {
        complain(m, "invalid exit status from the guest");
        finish(m, EXIT_KILLED);
    }
    if (read_slot(m, NODE_ERROR, text, sizeof text) > 0) {
        for (char *c = text; *c; c++)
            if (*c < ' ' || *c > '~') *c = '?';
        complain(m, "guest: %s", text);
    }
    finish(m, (int)code);
}

// Ends the monitor of a guest of its own, which has ended: only a power-off is success.
static _Noreturn void finish_own_guest(struct monitor *m, enum domain_state state) {
    if (state == DOMAIN_POWERED_OFF) finish(m, 0);
    complain(m, "the guest %s", ending_reason(state));
    char lines[CONSOLE_TAIL], *rest;
    snprintf(lines, sizeof lines, "%s", kernel_console_last_words(&m->kernel_console));
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        complain(m, "console: %s", line);
    finish(m, EXIT_KILLED);
}

// Ends the monitor if the domain is gone, or has ended without an exit status.
static void check_domain(struct monitor *m) {
    char line[200];
    enum domain_state state = domain_is_gone(m) ? DOMAIN_GONE : keeper_state(m->keeper);
    if (state == DOMAIN_RUNNING) return;
    check_exit_status(m);
    if (m->options->own_guest) kernel_console_drain(&m->loop.relay);
    loop_drain(&m->loop, 1000);
    if (state == DOMAIN_GONE) finish(m, ending_exit_code());
    if (m->options->own_guest) finish_own_guest(m, state);
    ending_console_line(&m->loop.xs, m->domain.id, line, sizeof line);
    complain(m, "the guest ended without an exit status%s%s", line[0] ? ": " : "", line);
    finish(m, EXIT_KILLED);
}

static void update_consoles(struct monitor *m) {
    struct relay *relay = &m->loop.relay;
    for (unsigned i = 0; i < relay->console_count; i++) {
        struct console *console = &relay->consoles[i];
        int rc = console_update(console, &m->loop.xs, &relay->channels);
        if (rc < 0) complain(m, "console %u: %s", console->device.index, strerror(-rc));
    }
}

static void take_xenstore_events(struct monitor *m) {
    struct relay *relay = &m->loop.relay;
    check(m, "xenstore", xenstore_receive(&m->loop.xs));
    for (uint32_t events; loop_next_events(&m->loop, &events);) {
        if (events & 1u << WATCH_CONSOLES) update_consoles(m);
        if (events & 1u << WATCH_TTY)
            relay->ready[0] |= kernel_console_open(&m->kernel_console, &m->loop.xs, m->domain.id);
        relay_pump(relay, false);
        if (events & 1u << WATCH_DATA) check_exit_status(m);
        if (events & 1u << WATCH_RELEASE) check_domain(m);
    }
}

static void start_serving(struct monitor *m) {
    char error[512];
    if (serving_start(&m->serving, m->options->shares, m->options->diod, error, sizeof error))
        return;
    complain(m, "9P server: %s", error);
    finish(m, 1);
}

// Watches what the guest, Xen and xenconsoled say; 0 or a negative errno.
static int watch(struct monitor *m) {
    struct xenstore *xs = &m->loop.xs;
    const unsigned domid = m->domain.id;
    const struct relay *relay = &m->loop.relay;
    int rc = 0;
    for (unsigned i = 0; i < relay->console_count && rc == 0; i++)
        rc = device_watch(&relay->consoles[i].device, xs, WATCH_CONSOLES);
    if (rc == 0) rc = xenstore_watch(xs, "@releaseDomain", WATCH_RELEASE);
    if (rc == 0) rc = xenstore_watch(xs, domain_node(domid, NODE_DATA).path, WATCH_DATA);
    if (rc == 0 && m->options->own_guest)
        rc = xenstore_watch(xs, domain_node(domid, NODE_CONSOLE_TTY).path, WATCH_TTY);
    return rc;
}

// Offers all devices of the container: a guest that boots sees all of them, or none.
static int offer_devices(struct monitor *m) {
    struct device_offer offers[2 + MAX_SHARES];
    struct relay *relay = &m->loop.relay;
    struct share_list *list = m->options->shares;
    const unsigned consoles = m->options->own_guest ? 0 : m->options->terminal ? 1 : 2;
    for (unsigned i = 0; i < consoles; i++) offers[i] = console_offer(m->domain.id, i + 1, i + 1);
    for (size_t i = 0; i < list->share_count; i++)
        offers[consoles + i] = share_offer(&list->shares[i], m->domain.id);
    int rc = device_offer(&m->loop.xs, offers, consoles + list->share_count);
    if (rc < 0) return rc;
    for (unsigned i = 0; i < consoles; i++) relay->consoles[i].device = offers[i].device;
    for (size_t i = 0; i < list->share_count; i++)
        list->shares[i].device = offers[consoles + i].device;
    relay->console_count = consoles;
    return 0;
}

static void serve_domain(struct monitor *m) {
    check(m, "/dev/xen/gntdev and /dev/xen/evtchn", channels_open(&m->loop.relay.channels));
    check(m, "/dev/xen/xenbus", xenstore_open(&m->loop.xs));
    check(m, "offering devices in xenstore", offer_devices(m));
    check(m, "offering devices in xenstore", watch(m));
    start_serving(m);
    control_say(&m->loop.control, "ready");
}

static void take_control(struct monitor *m) {
    struct control_line line;
    const bool ended = !control_receive(&m->loop.control);
    while (control_next(&m->loop.control, &line)) {
        if (line.word == CONTROL_NAME && m->domain.name[0] == '\0') {
            strcpy(m->domain.name, line.name);
            keeper_name(m->keeper, &m->domain);
        } else if (line.word == CONTROL_DOMAIN && m->domain.id == 0) {
            m->domain.id = line.number;
            keeper_name(m->keeper, &m->domain);
            serve_domain(m);
        } else if (line.word == CONTROL_COMMIT) {
            m->committed = true;
        }
    }
    if (ended && !m->committed) finish(m, 1); // create died
}

// Without its server the guest would wait for its files for ever.
static void check_server(struct monitor *m) {
    if (!serving_has_ended(&m->serving)) return;
    check_exit_status(m);
    complain(m, "the 9P server has ended");
    finish(m, EXIT_KILLED);
}

static void take_signals(struct monitor *m) {
    for (struct signal signal; loop_next_signal(&m->loop, &signal);) {
        if (signal.number == SIGCHLD && !signal.sent)
            check_server(m);
        else if (signal.sent && m->domain.id != 0 && m->options->own_guest)
            (void)guest_power_off(m->domain.id, signal.number);
        else if (signal.sent && m->domain.id != 0)
            (void)guest_signal(m->domain.id, m->options->slot, signal.number);
    }
}

static void open_streams(struct monitor *m) {
    const struct options *options = m->options;
    struct relay *relay = &m->loop.relay;
    relay->carrier = options->own_guest ? &kernel_console_carrier : &relay_streams;
    relay->carrier_state = &m->kernel_console;
    if (!options->keep_output) {
        check(m, options->console_socket,
              relay_open(relay, options->terminal, options->console_socket));
        return;
    }
    m->loop.attach = &m->attach;
    check(m, "keeping the output", attach_open(&m->attach, relay, options->terminal));
}

_Noreturn void monitor_run(const struct options *options, int keeper) {
    static struct monitor monitor;
    struct monitor *m = &monitor;
    m->options = options;
    m->keeper = keeper;
    m->kernel_console.tty = -1;
    m->loop.is_over = domain_is_gone;
    m->loop.owner = m;
    loop_open(&m->loop, options);
    open_streams(m);
    for (;;) {
        struct pollfd fds[LOOP_FDS];
        check(m, "poll", loop_wait(&m->loop, fds));
        if (fds[LOOP_SIGNALS].revents) take_signals(m);
        if (fds[LOOP_CONTROL].revents) take_control(m);
        check(m, "/dev/xen/evtchn", loop_move(&m->loop, fds));
        // Events also come in beside the answers to requests.
        if (fds[LOOP_XENSTORE].revents || m->loop.xs.events) take_xenstore_events(m);
    }
}
