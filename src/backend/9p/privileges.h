// What the processes that a guest speaks with may still do.
#pragma once

#include <stdbool.h>

// Nothing but with what is open already.  False with errno.
bool privileges_drop(void);
// For a program that is executed next: what serving other users' files takes, and no more.
// False with errno.
bool privileges_keep_to_serve(void);
