// The signals that a process of the monitor takes in its loop.
#pragma once

#include <stdbool.h>

struct signal {
    int number;
    bool sent; // by a process, and not by the kernel or by our own write to a closed pipe
};

// Blocks every signal that can wait, and returns the descriptor that tells of them.
int signals_open(void);
// Takes the next one that has come; false when there is none.
bool signals_next(int fd, struct signal *signal);
