// The output of a container that nobody receives: kept in the state directory, in `output`
// and, what is older, in `output.1`; and its last bytes in memory, for who attaches.
#pragma once

#include <stddef.h>

enum { KEPT_FILE_MAX = 1 << 20, KEPT_LAST = 8192 };

// Makes the first file; 0 or a negative errno.
int keep_open(void);
// Keeps bytes.  Those for which the disk has no room are dropped.
void keep_add(const void *bytes, size_t length);
// Copies the last bytes, KEPT_LAST at most; how many comes back.
size_t keep_last(unsigned char *bytes);
