// Moves bytes between the monitor's own descriptors and a container.
#pragma once

#include "../backend/console.h"
#include "input.h"
#include "output.h"
#include "terminal.h"

#include <poll.h>
#include <stdbool.h>

struct relay;

// What carries the bytes to and from the container.
struct carrier {
    // Takes what the container has written, as far as there is room for it; how much.
    size_t (*take)(struct relay *relay);
    // Reads input, if `readable`, and sends the container what there is.
    void (*send)(struct relay *relay, bool readable);
    // Whether the container can be sent anything.
    bool (*is_connected)(const struct relay *relay);
    // What to wait for beside the event channels.
    struct pollfd (*waits_for)(const struct relay *relay);
};

struct relay {
    const struct carrier *carrier;
    void *carrier_state; // what the carrier says it is
    struct channels channels;
    struct console consoles[2]; // the first takes the input
    unsigned console_count;
    bool ready[2];       // the console's mark has come
    bool raw_when_ready; // the inherited terminal, once the guest takes its input
    struct terminal terminal;
    struct output outputs[2];
    struct input input;
};

// Consoles that carry a stream each, bare from the container and in frames to it.  It has no
// state.
extern const struct carrier relay_streams;

// Opens the three streams: the descriptors 0, 1 and 2, with a terminal the inherited
// one, or a new one whose master goes to the socket; 0 or a negative errno.
int relay_open(struct relay *relay, bool terminal, const char *console_socket);
// Has the output go to `sink`, and the input come by input_add.
void relay_open_sink(struct relay *relay, bool terminal, output_sink *sink, void *context);
// Moves what is ready; true when a guest has written on meanwhile and there is more.
bool relay_pump(struct relay *relay, bool readable);
// Moves what is ready, knowing which descriptors are; sets `more` likewise.  0 or a
// negative errno.
int relay_turn(struct relay *relay, bool events, bool readable, bool *more);
// Whether input can be taken now.
bool relay_takes_input(const struct relay *relay);
// The descriptor from which input is wanted now, or -1.
int relay_wants_input(const struct relay *relay);
void relay_disconnect(struct relay *relay);

// For carriers that are consoles.  Drops the mark that stands before everything else; true
// when it has come.
bool relay_take_mark(struct relay *relay, unsigned console);
// What `struct carrier` says, on the first console.
void relay_send_frames(struct relay *relay, bool readable);
bool relay_is_connected(const struct relay *relay);
struct pollfd relay_waits_for_nothing(const struct relay *relay);
