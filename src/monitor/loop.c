#include "loop.h"
#include "../protocol/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

void loop_open(struct loop *loop, const struct options *options) {
    loop->options = options;
    loop->relay.input.size = options->window;
    loop->signals = signals_open();
    loop->xs.fd = loop->relay.channels.gntdev = loop->relay.channels.evtchn = -1;
    control_open(&loop->control);
    loop->fifo.fd = -1;
}

int loop_wait(struct loop *loop, struct pollfd fds[LOOP_FDS]) {
    const struct relay *relay = &loop->relay;
    fds[LOOP_SIGNALS] = (struct pollfd){.fd = loop->signals, .events = POLLIN};
    fds[LOOP_CONTROL] = (struct pollfd){.fd = loop->control.fd, .events = POLLIN};
    fds[LOOP_FIFO] = (struct pollfd){.fd = loop->fifo.fd, .events = POLLIN};
    fds[LOOP_XENSTORE] = (struct pollfd){.fd = loop->xs.fd, .events = POLLIN};
    fds[LOOP_CHANNELS] = (struct pollfd){.fd = relay->channels.evtchn, .events = POLLIN};
    fds[LOOP_INPUT] = (struct pollfd){.fd = relay_wants_input(relay), .events = POLLIN};
    for (unsigned i = 0; i < 2; i++)
        fds[LOOP_OUTPUT + i] =
            (struct pollfd){.fd = output_waits_for(&relay->outputs[i]), .events = POLLOUT};
    fds[LOOP_CARRIER] = relay->carrier->waits_for(relay);
    fds[LOOP_ATTACH] = fds[LOOP_ATTACH + 1] = (struct pollfd){.fd = -1};
    if (loop->attach) attach_wait_for(loop->attach, relay, fds + LOOP_ATTACH);
    const bool waits = !loop->more && loop->xs.events == 0;
    const int patience = loop->ticks > 0 ? TICK_MS : -1;
    return poll(fds, LOOP_FDS, waits ? patience : 0) < 0 && errno != EINTR ? -errno : 0;
}

bool loop_tick(struct loop *loop) {
    if (loop->ticks == 0 || now_ms() - loop->ticked_at < TICK_MS) return false;
    loop->ticked_at = now_ms();
    loop->ticks--;
    return true;
}

int loop_move(struct loop *loop, const struct pollfd fds[LOOP_FDS]) {
    if (loop->attach) attach_turn(loop->attach, &loop->relay, fds + LOOP_ATTACH);
    return relay_turn(&loop->relay, fds[LOOP_CHANNELS].revents != 0, fds[LOOP_INPUT].revents != 0,
                      &loop->more);
}

bool loop_next_signal(struct loop *loop, struct signal *signal) {
    while (signals_next(loop->signals, signal)) {
        if (signal->number == SIGHUP && !signal->sent && loop->options->console_socket)
            loop->relay.input.closed[1] = true; // the engine has closed the terminal
        else if (signal->number == SIGWINCH && loop->options->terminal)
            loop->relay.input.window = true;
        else
            return true;
    }
    return false;
}

bool loop_next_events(struct loop *loop, uint32_t *events) {
    *events = loop->xs.events;
    loop->xs.events = 0;
    return *events != 0;
}

void loop_complain(struct loop *loop, const char *sentence) {
    struct output *output = &loop->relay.outputs[1];
    char line[2200]; // an id has 1024 bytes at most
    int length =
        snprintf(line, sizeof line, "runx: container %s: %s\n", loop->options->id, sentence);
    for (char *c = line; c + 1 < line + length; c++)
        if (*c == '\n') *c = ' '; // of a path: one line is one error
    if (loop->options->keep_output)
        output_add(output, line, strlen(line));
    else if (poll(&(struct pollfd){.fd = output->fd, .events = POLLOUT}, 1, 1000) > 0)
        dprintf(output->fd, "%s", line);
}

void loop_drain(struct loop *loop, int deadline_ms) {
    enum { OVER_MS = 1000 };
    const struct output *outputs = loop->relay.outputs;
    for (;;) {
        bool more = relay_pump(&loop->relay, false);
        struct pollfd fds[] = {
            {.fd = loop->xs.fd, .events = POLLIN},
            {.fd = output_waits_for(&outputs[0]), .events = POLLOUT},
            {.fd = output_waits_for(&outputs[1]), .events = POLLOUT},
        };
        if (!more && fds[1].fd < 0 && fds[2].fd < 0) return;
        if (poll(fds, sizeof fds / sizeof *fds, more ? 0 : deadline_ms) == 0 && !more) return;
        if (fds[0].revents && (xenstore_receive(&loop->xs) < 0 || loop->is_over(loop->owner)))
            deadline_ms = OVER_MS;
    }
}
