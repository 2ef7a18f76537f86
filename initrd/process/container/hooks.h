// The startContainer hooks: programs of the container that run before its process.
#pragma once

#include "../record.h"

// Runs them one after the other.  NULL when all went well, else what failed.
const char *hooks_run(const struct hooks *hooks);
