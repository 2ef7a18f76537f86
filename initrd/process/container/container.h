// The container's side of the fork: from the ramdisk to the container's process.
#pragma once

#include "../containers.h"
#include "../record.h"

struct child_fds {
    int stdio[3]; // without a terminal: what becomes 0, 1 and 2
    int terminal; // with one: where the pseudoterminal's master goes
    int gate;     // waits here until it may go on; -1: at once
    int keeper;   // the other end of that, which only others may hold
    int error;    // text written here and the exit code say why there is no process
};

// What comes from the gate, to which the container's first process says one byte when it is there.
enum gate { GATE_OPEN = 'o', GATE_OPEN_WITH_LATE_MOUNTS = 'm' };

// Becomes the container's process; runs in the new namespaces, never returns.
_Noreturn void container_exec(const struct process *process, const struct container *container,
                              const struct child_fds *fds);
// Becomes a process beside the container's first one, whose pidfd is given.
_Noreturn void container_join(const struct process *process, const struct child_fds *fds, int init);
