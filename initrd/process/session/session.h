// A process of a container and what moves its input and output.
#pragma once

#include "../container/container.h"
#include "../containers.h"
#include "../record.h"

#include <stdbool.h>

// Where its input comes from, and its output goes.
struct consoles {
    int output;  // and input
    int error;   // its standard error; unused with a terminal, and where the output is framed
    bool framed; // both outputs go to one console, in frames, and not as bare bytes
};

struct session {
    pid_t process;
    pid_t outputs[2], input; // 0: none
    char error[256];         // why there is no process; empty when there is one
    struct consoles consoles;
    bool terminal;
    int to;     // its standard input, or its terminal's master
    int gate;   // where it waits; -1: nowhere
    int errors; // where it says why it cannot be
};

// Starts what becomes the process: the container's first one in a rootfs that is mounted, or
// another one beside that.  The first one waits at its gate.  NULL, or what has failed, with errno.
const char *session_start(struct session *session, const struct process *process,
                          const struct container *container, const struct consoles *consoles);
// Waits until the first process is at its gate; false when it never will be, which
// session_run then says why.
bool session_arrives(struct session *session);
// Takes frames until the container is to start, or the process has ended.  Calls `network` for
// each FRAME_NETWORK; what is wrong with that comes back, or NULL.
const char *session_hold(struct session *session, const char *(*network)(void));
// Opens the gate of a first process, and moves input from then on.  Returns when the process
// runs, or cannot be; NULL, or what has failed, with errno.
const char *session_run(struct session *session, enum gate gate);
// Waits for the process and for what it has written; its exit code, as a shell gives it.
int session_wait(struct session *session);
