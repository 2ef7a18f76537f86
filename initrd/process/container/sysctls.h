// The container's sysctls.  Both return NULL when done, else what failed, with errno set.
#pragma once

#include "../record.h"

// Takes hold of /proc/sys, which the container may not have, or not be able to write.
const char *sysctls_open(void);
// Applies them; those of an interface need the interface.
const char *sysctls_apply(const struct process *process);
