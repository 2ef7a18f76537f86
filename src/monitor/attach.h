// The socket `attach` in the state directory, for one client at a time that has the
// container's output and gives it input, in the frames of frame.h.  What a client does
// never makes the container wait.
#pragma once

#include "relay.h"

#include <poll.h>

// Keeps the output (keep.h) and listens, in place of relay_open; 0 or a negative errno.
int attach_open(struct relay *relay, bool terminal);
// What to wait for: a client that comes, and what the one that is there does.
struct pollfd attach_wait_listener(void);
struct pollfd attach_wait_client(const struct relay *relay);
// Does what can be done, knowing what came of the two.
void attach_turn(struct relay *relay, short listener, short client);
// Tells the client, which has some seconds to listen, the container's exit code.
void attach_end(int code);
