// The monitor of a container: the process that stands for it on the host.  It lives as long as
// the container, its exit code is the container's, and it is the backend of its consoles.
#pragma once

#include "options.h"

// Runs the monitor.  `keeper` is the socket to the keeper of the container's domain, which ends
// with the container.
_Noreturn void monitor_run(const struct options *options, int keeper);
