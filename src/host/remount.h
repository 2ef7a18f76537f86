// A file system's own read-only flag.
#pragma once

#include <stdbool.h>

// Makes the file system that is mounted at `path` read-only, or writable again, wherever
// it is mounted; returns the exit code.
int remount(const char *path, bool readonly);
