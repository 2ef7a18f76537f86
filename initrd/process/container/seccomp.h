// The filter of system calls that src/guest/seccomp has compiled (linux.seccomp).
#pragma once

#include "../record.h"

// Installs the process's filter, if it has one, in the calling thread.  NULL when
// all is well, else what has failed, with errno.
const char *seccomp_install(const struct process *process);
