// Reading a descriptor to its end, or to that of the buffer.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// How much came, less than `size` only at the end; or a negative errno.
ssize_t read_full(int fd, void *buffer, size_t size);
