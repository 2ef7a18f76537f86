// The process that stands for the sandbox of a pod: it holds namespaces, and TERM and INT end
// it.  It has no guard, for there is no domain.
#pragma once

// Runs it; `hostname`, unless it is NULL, becomes that of its UTS namespace.
_Noreturn void hold_run(const char *hostname);
