// What the monitors of a container and of an added process have in common: what they wait for,
// and the moving of bytes.
#pragma once

#include "attach.h"
#include "control.h"
#include "options.h"
#include "relay.h"
#include "signals.h"

// Places of what is waited for.
enum {
    LOOP_SIGNALS,
    LOOP_CONTROL,
    LOOP_FIFO,
    LOOP_XENSTORE,
    LOOP_CHANNELS,
    LOOP_INPUT,
    LOOP_OUTPUT,
    LOOP_ERROR,
    LOOP_CARRIER,
    LOOP_ATTACH,
    LOOP_FDS = LOOP_ATTACH + ATTACH_FDS,
};

enum { TICK_MS = 200 };

struct loop {
    const struct options *options;
    int signals;
    struct control control, fifo; // the latter of a container's monitor
    struct xenstore xs;
    struct relay relay;
    struct attach *attach;        // NULL: nobody attaches
    int ticks;                    // how often its owner is still to be woken
    long long ticked_at;          // in milliseconds
    bool more;                    // a guest has written on meanwhile
    bool (*is_over)(void *owner); // nobody writes on; asked when xenstore has news
    void *owner;
};

// Opens what there is from the beginning.
void loop_open(struct loop *loop, const struct options *options);
// Waits until there is something to do; 0 or a negative errno.
int loop_wait(struct loop *loop, struct pollfd fds[LOOP_FDS]);
// Whether a tick is due, which is then taken; they are TICK_MS apart.
bool loop_tick(struct loop *loop);
// Moves bytes; 0 or a negative errno.
int loop_move(struct loop *loop, const struct pollfd fds[LOOP_FDS]);
// Takes the next signal that is not about the terminal; false when there is none.
bool loop_next_signal(struct loop *loop, struct signal *signal);
// Takes which watches have fired, while there are any; reading brings new ones with it.
bool loop_next_events(struct loop *loop, uint32_t *events);
// Says a sentence on the container's standard error, or where its output is kept.
void loop_complain(struct loop *loop, const char *sentence);
// Gives slow readers their time, or `deadline_ms` if that is not negative: nobody waits for
// long once all is over.
void loop_drain(struct loop *loop, int deadline_ms);
