// One output stream of a container, on its way to a descriptor.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Takes bytes at once, all of them.
typedef void output_sink(void *context, const void *bytes, size_t length);

struct output {
    int fd;
    bool nonblocking;  // else a poll goes before each write
    bool broken;       // the reader is gone: what still comes is dropped
    bool blocked;      // the reader is slow: wait for POLLOUT
    output_sink *sink; // instead of the descriptor, unless it is NULL
    void *sink_context;
    size_t length; // of what is taken and not written
    unsigned char bytes[32768];
};

void output_open(struct output *output, int fd);
// How much can be added.
size_t output_room(const struct output *output);
void output_add(struct output *output, const void *bytes, size_t length);
// Writes what the reader takes now.
void output_write(struct output *output);
// The descriptor for which output waits, or -1.
int output_waits_for(const struct output *output);
