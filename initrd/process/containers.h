// The containers of this domain: each has a slot, and by its number a directory of the guest's own.
#pragma once

#include <sys/types.h>

#define CONTAINERS "/run/containers"

struct container {
    unsigned slot;
    char record[40];    // what it is to be; from runx
    char directory[40]; // what else is known of it
    char rootfs[48];    // where its rootfs is mounted, until it is entered
    char state[48];     // of its first process, see session/signals.h
    pid_t init;         // that process; 0 before it is started
};

// The container with this slot, whether it is there or not.
struct container container_in(unsigned slot);
// Makes its directories; 0, or -1 with errno set.
int container_make(const struct container *container);
