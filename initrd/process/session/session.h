// A process of a container and what moves its input and output.
#pragma once

#include "../containers.h"
#include "../record.h"

struct session {
    pid_t process;
    pid_t outputs[2], input; // 0: none
    char error[256];         // why there is no process; empty when there is one
};

// Where its input comes from, and its output goes.
struct consoles {
    int output;  // and input
    int error;   // its standard error; unused with a terminal, and where the output is framed
    bool framed; // both outputs go to one console, in frames, and not as bare bytes
};

// Starts the process: the container's first one in a rootfs that is mounted, or another one
// beside that.  NULL, or what has failed, with errno.
const char *session_start(struct session *session, const struct process *process,
                          const struct container *container, const struct consoles *consoles);
// Waits for the process and for what it has written; its exit code, as a shell gives it.
int session_wait(struct session *session);
