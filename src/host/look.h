// Paths that somebody else has chosen.
#pragma once

#include <stdbool.h>

// Opens `path` with `flags` once `is_wanted` has looked at it by a descriptor that only names it
// (O_PATH), because a device's own open can change something.  -1 with errno, which is `refusal`
// if the file is not wanted.
int look_and_open(const char *path, int flags, bool (*is_wanted)(int fd), int refusal);
