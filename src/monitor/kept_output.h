// The output of a container that nobody receives: kept in the state directory, in `output`
// and, what is older, in `output.1`; and its last bytes in memory, for who attaches.
#pragma once

#include <stddef.h>

enum { KEPT_FILE_MAX = 1 << 20, KEPT_LAST = 8192 };

struct kept_output {
    int fd; // -1: the file could not be made
    size_t length;
    size_t total; // of bytes since the beginning, which go round in `last`
    unsigned char last[KEPT_LAST];
};

// Makes the first file; 0 or a negative errno.
int kept_output_open(struct kept_output *kept);
// Keeps bytes.  Those for which the disk has no room are dropped.
void kept_output_add(struct kept_output *kept, const void *bytes, size_t length);
// Copies the last bytes, KEPT_LAST at most; how many comes back.
size_t kept_output_last(const struct kept_output *kept, unsigned char *bytes);
