// What goes to a container, as frames (frame.h): its input, and what is said beside it.
#pragma once

#include "../protocol/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

struct input {
    int fd;            // -1: no input, or at its end
    bool held;         // the container waits for its start: it has no input yet
    bool network, run; // its network's lines are to be read; it is to start
    bool end, window, closed[3];
    struct winsize size; // of the window, if the descriptor has none
    uint64_t signals;    // bit N - 1: signal N, for an added process
    const char *record;  // what is left of the process record, for an added process
    size_t record_length;
    bool counted;  // the guest says what it has passed on
    size_t credit; // bytes of input that may be sent
    unsigned char pending[FRAME_HEADER + FRAME_MAX];
    size_t start, length; // of what is in pending
};

// Makes the next frame for the guest, of what is readable too; false when there is
// nothing to say.  Nothing must be pending.
bool input_next_frame(struct input *input, bool readable);
// Adds input, FRAME_MAX bytes at most, when nothing is pending.
void input_add(struct input *input, const void *bytes, size_t length);
