// The monitor of a process that is added to a running container: a console of its own on the
// domain, which the guest answers with frames (frame.h).  Its exit code is the process's.
#pragma once

#include "options.h"

// Runs the monitor.  `withdrawer` is the socket to the withdrawer of its console.
_Noreturn void exec_run(const struct options *options, int withdrawer);
