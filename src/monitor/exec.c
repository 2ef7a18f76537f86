#define _GNU_SOURCE
#include "exec.h"
#include "../host/domain.h"
#include "../protocol/limits.h"
#include "../protocol/nodes.h"
#include "ending.h"
#include "loop.h"
#include "replies.h"
#include "withdrawer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WATCH_CONSOLE, WATCH_RELEASE, WATCH_DATA };

struct exec {
    const struct options *options;
    int withdrawer;
    struct domain domain;
    struct loop loop;
    struct replies replies;
    bool said_started;
};

static _Noreturn void finish(struct exec *x, int code) {
    terminal_restore(&x->loop.relay.terminal);
    relay_disconnect(&x->loop.relay);
    control_say(&x->loop.control, "exit %d", code);
    _exit(code);
}

static _Noreturn void fail(struct exec *x, const char *what, const char *why) {
    control_say(&x->loop.control, "error %s: %s", what, why);
    finish(x, EXIT_KILLED);
}

static void check(struct exec *x, const char *what, int rc) {
    if (rc < 0) fail(x, what, strerror(-rc));
}

// Tells runx what the guest has said of the process.
static void report(struct exec *x) {
    struct replies *replies = &x->replies;
    if (replies->started && !x->said_started) control_say(&x->loop.control, "started");
    x->said_started = replies->started;
    if (replies->failed) control_say(&x->loop.control, "error %s", replies->failure);
    replies->failed = false;
    if (replies->broken) fail(x, "guest", "invalid answer");
}

// The container has ended, or is about to: its process has.
static bool container_is_over(void *context) {
    struct exec *x = context;
    char status[XENSTORE_MAX + 1];
    const struct node node = domain_node(x->domain.id, NODE_EXIT_STATUS, x->options->slot);
    return !domain_is_there(&x->loop.xs, &x->domain) ||
           xenstore_read(&x->loop.xs, node.path, status, sizeof status) >= 0;
}

static void offer_console(struct exec *x) {
    char ready[XENSTORE_MAX + 1];
    struct xenstore *xs = &x->loop.xs;
    struct console *console = &x->loop.relay.consoles[0];
    const struct node node = domain_node(x->domain.id, NODE_READY, x->options->slot);
    if (xenstore_read(xs, node.path, ready, sizeof ready) < 0) return; // it has not booted yet
    if (strcmp(ready, "1")) fail(x, "exec", "the container's kernel has no uevent helper");
    struct device_offer offer = console_offer(x->domain.id, FIRST_ADDED_CONSOLE, LAST_CONSOLE);
    int rc = device_offer(xs, &offer, 1);
    if (rc == -ENOSPC) fail(x, "exec", "too many processes were added to this container");
    check(x, "offering a console", rc);
    console->device = offer.device;
    check(x, "withdrawer", withdrawer_add(x->withdrawer, &offer.device) ? 0 : -EPIPE);
    check(x, "watching the console", device_watch(&offer.device, xs, WATCH_CONSOLE));
    x->loop.relay.console_count = 1;
}

static void take_xenstore_events(struct exec *x) {
    struct relay *relay = &x->loop.relay;
    check(x, "xenstore", xenstore_receive(&x->loop.xs));
    for (uint32_t events; loop_next_events(&x->loop, &events);) {
        if (relay->console_count == 0) offer_console(x);
        if (relay->console_count > 0 && events & 1u << WATCH_CONSOLE)
            check(x, "console", console_update(&relay->consoles[0], &x->loop.xs, &relay->channels));
        if (events & (1u << WATCH_RELEASE | 1u << WATCH_DATA) && container_is_over(x)) {
            loop_drain(&x->loop, 1000);
            report(x);
            if (!x->replies.exited && !x->replies.started)
                fail(x, "exec", "the container has ended");
            finish(x, x->replies.exited ? x->replies.exit_code : EXIT_KILLED);
        }
    }
}

static void take_signals(struct exec *x) {
    for (struct signal signal; loop_next_signal(&x->loop, &signal);)
        if (signal.sent && signal.number <= 64)
            x->loop.relay.input.signals |= 1ull << (signal.number - 1);
}

// Until the process runs, runx waits for it, and without runx nobody wants it.
static void take_control(struct exec *x) {
    struct control_line line;
    const bool ended = !control_receive(&x->loop.control);
    while (control_next(&x->loop.control, &line)) {
    }
    if (ended && !x->replies.started) finish(x, EXIT_KILLED);
}

static void receive_record(struct exec *x) {
    struct control *control = &x->loop.control;
    struct control_line line;
    while (!control_next(control, &line))
        if (!control_receive(control)) finish(x, EXIT_KILLED);
    if (line.word != CONTROL_PROCESS || line.number > MAX_RECORD) finish(x, EXIT_KILLED);
    char *record = malloc(line.number + 1);
    if (!record || !control_read(control, record, line.number)) finish(x, EXIT_KILLED);
    x->loop.relay.input.record = record;
    x->loop.relay.input.record_length = line.number;
}

static void open_all(struct exec *x) {
    const struct options *options = x->options;
    struct loop *loop = &x->loop;
    loop_open(loop, options);
    loop->is_over = container_is_over;
    loop->owner = x;
    loop->relay.carrier = &replies_carrier;
    loop->relay.carrier_state = &x->replies;
    loop->relay.input.counted = true;
    check(x, options->console_socket,
          relay_open(&loop->relay, options->terminal, options->console_socket));
    receive_record(x);
    check(x, "/dev/xen/gntdev and /dev/xen/evtchn", channels_open(&loop->relay.channels));
    check(x, "/dev/xen/xenbus", xenstore_open(&loop->xs));
    check(x, "watching domains", xenstore_watch(&loop->xs, "@releaseDomain", WATCH_RELEASE));
    check(x, "watching the domain",
          xenstore_watch(&loop->xs, domain_node(x->domain.id, NODE_DATA).path, WATCH_DATA));
}

// Ends the monitor if there is nothing more to come.
static void check_end(struct exec *x) {
    const struct relay *relay = &x->loop.relay;
    const bool closed = relay->console_count > 0 && relay->consoles[0].state == CONSOLE_CLOSED;
    if (closed && !x->loop.more && !x->replies.exited) {
        loop_drain(&x->loop, 1000);
        report(x);
        if (!x->replies.exited) fail(x, "guest", "the console was closed");
    }
    if (!x->replies.exited) return;
    loop_drain(&x->loop, -1);
    finish(x, x->replies.exit_code);
}

_Noreturn void exec_run(const struct options *options, int withdrawer) {
    static struct exec exec;
    struct exec *x = &exec;
    x->options = options;
    x->withdrawer = withdrawer;
    x->domain.id = options->domid;
    snprintf(x->domain.name, sizeof x->domain.name, "%s", options->domain);
    open_all(x);
    for (;;) {
        struct pollfd fds[LOOP_FDS];
        check(x, "poll", loop_wait(&x->loop, fds));
        if (fds[LOOP_SIGNALS].revents) take_signals(x);
        if (fds[LOOP_CONTROL].revents) take_control(x);
        check(x, "/dev/xen/evtchn", loop_move(&x->loop, fds));
        report(x);
        // Events also come in beside the answers to requests.
        if (fds[LOOP_XENSTORE].revents || x->loop.xs.events) take_xenstore_events(x);
        check_end(x);
    }
}
