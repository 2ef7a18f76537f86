// The containers of this domain: each has a slot, and by its number a directory of the guest's own.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define CONTAINERS "/run/containers"

struct container {
    unsigned slot;
    char record[40];    // what it is to be; from runx
    char directory[40]; // what else is known of it
    char rootfs[48];    // where its rootfs is mounted, until it is entered
    char state[48];     // of its first process
    pid_t init;         // that process; 0 before it is started
};

enum { CONTAINER_BEGINS = -1, CONTAINER_ENDED = 0 };
// What began then has not begun: the first process waits for its start.
enum { CONTAINER_WAITS = 0 };

// What all programs of the guest know of a container's first process.
struct container_state {
    pid_t pid;  // or one of the numbers above
    long begun; // in seconds since the domain booted, or CONTAINER_WAITS
};

// The container with this slot, whether it is there or not.
struct container container_in(unsigned slot);
// Makes its directories; 0, or -1 with errno set.
int container_make(const struct container *container);
// A container that is not there has ended.
struct container_state container_look(const struct container *container);
void container_tell(const struct container *container, struct container_state state);
// Whether its first process takes signals, and is not about to become what it is to be.
bool container_runs(struct container_state state);
// Waits a minute at most until others can be added to its first process, which it sets; false if
// that does not come.
bool container_wait(struct container *container);
