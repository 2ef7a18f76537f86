#define _GNU_SOURCE
#include "monitor.h"
#include "../backend/9p/serving.h"
#include "../host/domain.h"
#include "../host/guest_signal.h"
#include "devices.h"
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

struct monitor {
    const struct options *options;
    int keeper;
    struct domain domain;
    bool committed; // create is done: from here on the container outlives runx
    bool ended;     // the guest has, before the container's start, which is told of it
    int exit_code;  // of the container that has ended
    struct loop loop;
    struct attach attach;                 // where the output is kept
    struct kernel_console kernel_console; // of a guest of its own
    struct serving serving;
};

static void destroy_domain(struct monitor *m) {
    if (m->domain.name[0] != '\0') keeper_destroy(m->keeper);
    m->domain.name[0] = '\0';
}

// Lets go of the domain: one whose pages are mapped cannot go away entirely.
static void leave_domain(struct monitor *m) {
    serving_kill(&m->serving);
    relay_disconnect(&m->loop.relay);
    destroy_domain(m);
    serving_wait();
}

static _Noreturn void finish(struct monitor *m, int code) {
    terminal_restore(&m->loop.relay.terminal);
    leave_domain(m);
    if (m->loop.attach) attach_end(m->loop.attach, code);
    control_say(&m->loop.control, "exit %d", code);
    _exit(code);
}

// An error of the monitor's own: to runx while it listens, else to the container's standard
// error.
static void __attribute__((format(printf, 2, 3)))
complain(struct monitor *m, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (m->loop.control.fd >= 0 && !m->committed)
        control_say(&m->loop.control, "error %s", text);
    else
        loop_complain(&m->loop, text);
}

static _Noreturn void fail(struct monitor *m, const char *what, int error) {
    complain(m, "%s: %s", what, strerror(error));
    finish(m, 1);
}

static void check(struct monitor *m, const char *what, int rc) {
    if (rc < 0) fail(m, what, -rc);
}

// The guest has ended.  A container is created until it is started, so its end waits for that.
static void end(struct monitor *m, int code) {
    struct loop *loop = &m->loop;
    const struct input *input = &loop->relay.input;
    if (!m->committed || !input->held || input->run) finish(m, code);
    leave_domain(m);
    loop->relay.console_count = 0;
    loop->relay.ready[0] = loop->relay.ready[1] = false;
    xenstore_close(&loop->xs);
    loop->xs.events = 0;
    m->ended = true;
    m->exit_code = code;
}

static bool domain_is_gone(void *context) {
    struct monitor *m = context;
    return !domain_is_there(&m->loop.xs, &m->domain);
}

// Ends the monitor if the guest's init has said how the process ended.
static void check_exit_status(struct monitor *m) {
    struct ending ending;
    if (m->ended || m->options->own_guest) return;
    if (!ending_read(&ending, &m->loop.xs, m->domain.id, m->options->slot)) return;
    loop_drain(&m->loop, -1);
    if (!ending.valid)
        complain(m, "invalid exit status from the guest");
    else if (ending.error[0] != '\0')
        complain(m, "guest: %s", ending.error);
    end(m, ending.exit_code);
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
    if (m->ended) return;
    enum domain_state state = domain_is_gone(m) ? DOMAIN_GONE : keeper_state(m->keeper);
    if (state == DOMAIN_RUNNING) return;
    check_exit_status(m);
    if (m->ended) return;
    if (m->options->own_guest) kernel_console_drain(&m->loop.relay);
    loop_drain(&m->loop, 1000);
    if (state != DOMAIN_GONE && m->options->own_guest) finish_own_guest(m, state);
    if (state != DOMAIN_GONE) {
        ending_console_line(&m->loop.xs, m->domain.id, line, sizeof line);
        complain(m, "the guest ended without an exit status%s%s", line[0] ? ": " : "", line);
    }
    end(m, EXIT_KILLED);
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
    for (uint32_t events; !m->ended && loop_next_events(&m->loop, &events);) {
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

static void serve_domain(struct monitor *m) {
    check(m, "/dev/xen/gntdev and /dev/xen/evtchn", channels_open(&m->loop.relay.channels));
    check(m, "/dev/xen/xenbus", xenstore_open(&m->loop.xs));
    check(m, "finding the domain", domain_find(&m->loop.xs, &m->domain));
    keeper_name(m->keeper, &m->domain);
    check(m, "offering devices in xenstore",
          devices_offer(&m->loop.relay, &m->loop.xs, m->domain.id, m->options));
    start_serving(m);
    m->loop.ticks = REMINDERS;
    control_say(&m->loop.control, "ready %u", m->domain.id);
}

// A signal for the container; all: for each of its processes.
static void send_signal(struct monitor *m, int number, bool all) {
    if (m->domain.id == 0) return;
    if (m->options->own_guest)
        (void)guest_power_off(m->domain.id, number);
    else
        (void)guest_signal(m->domain.id, m->options->slot, all ? -number : number);
}

// What was written is still to be passed on, if somebody reads it soon.
static _Noreturn void destroy(struct monitor *m, unsigned signal) {
    destroy_domain(m);
    if (!m->ended) loop_drain(&m->loop, 1000);
    finish(m, signal > 0 && signal <= 64 ? 128 + (int)signal : EXIT_KILLED);
}

static void take_line(struct monitor *m, const struct control_line *line) {
    struct input *input = &m->loop.relay.input;
    switch (line->word) {
    case CONTROL_NAME:
        if (m->domain.name[0] != '\0') break;
        strcpy(m->domain.name, line->name);
        keeper_name(m->keeper, &m->domain);
        break;
    case CONTROL_DOMAIN:
        if (m->domain.id == 0) serve_domain(m);
        break;
    case CONTROL_COMMIT:
        m->committed = true;
        break;
    case CONTROL_NETWORK:
        input->network = true;
        break;
    case CONTROL_START:
        if (m->ended) finish(m, m->exit_code);
        input->run = input->held;
        break;
    case CONTROL_SIGNAL:
        if (!m->ended && line->number <= 64) send_signal(m, (int)line->number, line->all);
        break;
    case CONTROL_DESTROY:
        destroy(m, line->number);
    case CONTROL_PROCESS:
    case CONTROL_UNKNOWN:
        break;
    }
}

static void take_control(struct monitor *m) {
    struct control_line line;
    const bool ended = !control_receive(&m->loop.control);
    while (control_next(&m->loop.control, &line)) take_line(m, &line);
    if (ended && !m->committed) finish(m, 1); // create died
}

static void take_fifo(struct monitor *m) {
    struct control_line line;
    // Only what was cut short, by nobody but root, can be too long for a line.
    if (!control_receive(&m->loop.fifo)) fail(m, CONTROL_FIFO, EINVAL);
    while (control_next(&m->loop.fifo, &line)) take_line(m, &line);
}

// Without its server the guest would wait for its files for ever.
static void check_server(struct monitor *m) {
    if (m->ended || !serving_has_ended(&m->serving)) return;
    check_exit_status(m);
    if (m->ended) return;
    complain(m, "the 9P server has ended");
    end(m, EXIT_KILLED);
}

static void take_signals(struct monitor *m) {
    for (struct signal signal; loop_next_signal(&m->loop, &signal);) {
        if (signal.number == SIGCHLD && !signal.sent)
            check_server(m);
        else if (signal.sent && !m->ended)
            send_signal(m, signal.number, false);
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
    check(m, "the FIFO " CONTROL_FIFO " of the state directory", control_open_fifo(&m->loop.fifo));
    open_streams(m);
    m->loop.relay.input.held = !options->own_guest;
    for (;;) {
        struct pollfd fds[LOOP_FDS];
        check(m, "poll", loop_wait(&m->loop, fds));
        if (fds[LOOP_SIGNALS].revents) take_signals(m);
        if (fds[LOOP_CONTROL].revents) take_control(m);
        if (fds[LOOP_FIFO].revents) take_fifo(m);
        if (loop_tick(&m->loop) &&
            (m->ended || !devices_remind(&m->loop.relay, &m->loop.xs, options)))
            m->loop.ticks = 0;
        check(m, "/dev/xen/evtchn", loop_move(&m->loop, fds));
        // Events also come in beside the answers to requests.
        if (!m->ended && (fds[LOOP_XENSTORE].revents || m->loop.xs.events)) take_xenstore_events(m);
    }
}
