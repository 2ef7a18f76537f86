// Moves bytes between the monitor's own descriptors and a container's consoles; see
// frame.h for what they mean.
#pragma once

#include "../backend/console.h"
#include "../protocol/frame.h"
#include "kernel_console.h"

#include <stdbool.h>
#include <sys/ioctl.h>

// One output stream of the container, on its way to a descriptor.
struct output {
    int fd;
    bool nonblocking; // else a poll goes before each write
    bool broken;      // the reader is gone: what still comes is dropped
    bool blocked;     // the reader is slow: wait for POLLOUT
    // Takes all at once, instead of the descriptor, unless it is NULL.
    void (*sink)(const void *bytes, size_t length);
    size_t length; // of what is taken and not written
    unsigned char bytes[32768];
};

struct input {
    int fd; // -1: no input, or at its end
    bool end, window, closed[3];
    bool raw;            // input has no frames: a kernel's console takes it
    struct winsize size; // of the window, if the descriptor has none
    uint64_t signals;    // bit N - 1: signal N, for exec
    const char *record;  // what is left of the process record, for exec
    size_t record_length;
    bool counted;  // the guest says what it has passed on
    size_t credit; // bytes of input that may be sent
    unsigned char pending[FRAME_HEADER + FRAME_MAX];
    size_t start, length; // of what is in pending
};

struct relay {
    struct channels channels;
    struct console consoles[2]; // the first takes the input
    unsigned console_count;
    bool ready[2];       // the console's mark has come
    bool raw_when_ready; // the inherited terminal, once the guest takes its input
    struct output outputs[2];
    struct input input;
    // The container's one stream; NULL: it has consoles of its own.
    struct kernel_console *kernel_console;
    // Takes what the consoles hold, as far as there is room for it; how much.
    size_t (*take)(struct relay *relay);
};

// Opens the three streams: the descriptors 0, 1 and 2, with a terminal the inherited
// one, or a new one whose master goes to the socket; 0 or a negative errno.
int relay_open(struct relay *relay, bool terminal, const char *console_socket);
// Has the output go to `sink`, and the input come by input_add.
void relay_open_sink(struct relay *relay, bool terminal,
                     void (*sink)(const void *bytes, size_t length));
// Moves what is ready; true when a guest has written on meanwhile and there is more.
bool relay_pump(struct relay *relay, bool readable);
// Moves what is ready, knowing which descriptors are; sets `more` likewise.  0 or a
// negative errno.
int relay_turn(struct relay *relay, bool events, bool readable, bool *more);
// Gives slow readers their time, or `deadline_ms` if that is not negative: nobody
// waits for long once `gone` says so, which is asked when xenstore has news.
void relay_drain(struct relay *relay, int deadline_ms, int xenstore, bool (*gone)(void));
// Whether input can be taken now.
bool relay_takes_input(const struct relay *relay);
// Makes the next frame for the guest, of what is readable too; false when there is
// nothing to say.
bool input_next_frame(struct input *input, bool readable);
// Adds input, FRAME_MAX bytes at most, which can be taken now.
void input_add(struct input *input, const void *bytes, size_t length);
// The descriptor from which input is wanted now, or -1.
int relay_wants_input(const struct relay *relay);
// The descriptor for which output waits, or -1.
int relay_waits_for(const struct relay *relay, unsigned stream);
// How much can be added to an output.
size_t output_room(const struct output *output);
void output_add(struct output *output, const void *bytes, size_t length);
// Drops the mark that stands before everything else; true when it has come.
bool relay_take_mark(struct relay *relay, unsigned console);
// `take` for consoles that carry one stream each.
size_t relay_take_streams(struct relay *relay);
void relay_disconnect(struct relay *relay);
