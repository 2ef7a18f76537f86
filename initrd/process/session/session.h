// A process of the container and what moves its input and output.
#pragma once

#include "../record.h"

struct session {
    pid_t process;
    pid_t outputs[2], input; // 0: none
    char error[256];         // why there is no process; empty when there is one
};

enum { EXIT_GUEST = 125 }; // the helper itself has failed

// Starts the process, in a container of its own, or in that of the process `container`
// if that is not 0.  Output goes to the console, and standard error to `console2`, as
// bare bytes; with a `console2` of -1 both go to the console, in frames.  NULL, or what
// has failed, with errno.
const char *session_start(struct session *session, const struct process *process, int console,
                          int console2, pid_t container);
// Waits for the process and for what it has written; its exit code, as a shell gives it.
int session_wait(struct session *session);
