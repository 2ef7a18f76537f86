// flock(2) for runx, since Node.js has no call for it.
#pragma once

#include <stdbool.h>

enum { EXIT_LOCKED = 4 };

// Locks what descriptor 3 is open on.  The lock is that of runx, which has it open as well,
// and ends when runx closes it or dies.  Returns the exit code: with `try` EXIT_LOCKED where
// another has the lock.
int lock(bool try);
