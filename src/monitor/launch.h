// Starts the process that stands for something on the host, as an orphan, so that the engine's
// subreaper becomes its parent and collects its exit code; says its pid to runx; and starts the
// process that outlives it, outside of its namespaces.  Returns the exit code.
#pragma once

#include "options.h"

// The monitor of a container, and the keeper of its domain.
int launch_container(const struct options *options);
// The process of a pod's sandbox, alone.
int launch_sandbox(const struct options *options);
// The monitor of a process that is added to a container, and the withdrawer of its console.
int launch_added(const struct options *options);
