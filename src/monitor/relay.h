// Moves bytes between the monitor's own descriptors and a container's consoles.
//
// From the guest: bytes, as the container wrote them.  To the guest: frames of
// one type byte, a 16-bit little-endian length and that many bytes, because a
// console alone cannot say that the input ended or that the window changed.
//
// The guest's first byte on each console is a mark: its end is raw from there on,
// and what is sent before would be echoed.
#pragma once

#include "console.h"

#include <stdbool.h>

enum frame {
    FRAME_INPUT = 'I',  // bytes for the process's standard input
    FRAME_END = 'E',    // there will be no more input
    FRAME_WINDOW = 'W', // rows and columns, 16 bits each
    FRAME_CLOSED = 'C', // one byte: nobody reads output stream N (1 or 2) any more
};

// One output stream of the container: a console's bytes to a descriptor.
struct output {
    struct console *console;
    int fd;
    bool nonblocking; // else a poll goes before each write
    bool ready;       // the guest's mark has come
    bool broken;      // the reader is gone: what still comes is dropped
    bool blocked;     // the reader is slow: wait for POLLOUT
    size_t length;    // of what is taken and not written
    unsigned char bytes[32768];
};

struct input {
    struct console *console;
    int fd; // -1: no input, or at its end
    bool end, window, closed[3];
    unsigned char pending[1024];
    size_t start, length; // of what is in pending
};

// Sets where the stream goes.
void output_open(struct output *output, int fd);
// Takes what the console holds, as far as there is room; how much.
size_t output_take(struct output *output, const struct channels *channels);
// Writes what was taken to the descriptor, as far as that takes it.
void output_write(struct output *output);
// Reads input, if `readable`, and writes frames to the console, as far as it takes them.
void input_pump(struct input *input, const struct channels *channels, bool readable);
