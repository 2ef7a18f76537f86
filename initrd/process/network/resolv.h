// The container's /etc/resolv.conf: a file of the ramdisk, which is made of what Dom0
// says and what leases bring.
#pragma once

#include "../record.h"

#include <stdbool.h>

// The part that Dom0 gives; no interface has a name with a space.
#define RESOLV_FIXED "0 fixed"

// Replaces the part of this name with the text, and writes the file anew.  0, or a
// negative errno.
int resolv_write(const char *part, const char *text, size_t length);
// Has the file bound in the container once it is started, unless something else is mounted there.
// Makes the file, empty; false, with errno set, if that fails.
bool resolv_prepare(struct process *process);
