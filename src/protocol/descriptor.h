// Passing a file descriptor to another process over a Unix socket (unix(7), SCM_RIGHTS).
#pragma once

#include <stddef.h>

// Sends it with `text`, of which there must be at least a byte; 0 or a negative errno.
int descriptor_send(int socket, int fd, const void *text, size_t length);
// The descriptor that came, or -1.
int descriptor_receive(int socket);
