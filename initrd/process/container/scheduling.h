// How the process is scheduled, and which system it takes itself to run on.
#pragma once

#include "../record.h"

// Sets what the process asks for, while that is allowed.  NULL, or what has failed,
// with errno.
const char *scheduling_apply(const struct process *process);
