// The socket `attach` in the state directory, for one client at a time that has the
// container's output and gives it input, in the frames of frame.h.  What a client does
// never makes the container wait.
#pragma once

#include "kept_output.h"
#include "relay.h"

#include <poll.h>

enum { ATTACH_FDS = 2 };

struct attach {
    int listener, client; // -1: none
    int flags;            // of send
    bool terminal, ended; // the input has ended, and stays so
    uint32_t missed;      // bytes of output that the client does not know of yet
    unsigned char pending[FRAME_HEADER + FRAME_MAX];
    size_t start, length; // of what is in pending
    unsigned char frame[FRAME_HEADER + FRAME_MAX];
    size_t taken; // of the frame that is coming in
    struct kept_output kept;
};

// Keeps the output and listens, in place of relay_open; 0 or a negative errno.
int attach_open(struct attach *attach, struct relay *relay, bool terminal);
// What to wait for: a client that comes, and what the one that is there does.
void attach_wait_for(const struct attach *attach, const struct relay *relay,
                     struct pollfd fds[ATTACH_FDS]);
// Does what can be done, knowing what came of these.
void attach_turn(struct attach *attach, struct relay *relay, const struct pollfd fds[ATTACH_FDS]);
// Tells the client, which has some seconds to listen, the container's exit code.
void attach_end(struct attach *attach, int code);
