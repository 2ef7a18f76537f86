#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void output_open(struct output *output, int fd) {
    struct stat info;
    char path[32];
    output->fd = fd;
    output->nonblocking = false;
    // The descriptor itself is shared with the engine and must stay as it is.  A pipe
    // can be opened anew; a file would lose its place.
    if (fstat(fd, &info) < 0 || !S_ISFIFO(info.st_mode)) return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (own < 0) return;
    output->fd = own;
    output->nonblocking = true;
}

size_t output_room(const struct output *output) {
    return sizeof output->bytes - output->length;
}

void output_add(struct output *output, const void *bytes, size_t length) {
    if (output->broken) return;
    if (output->sink) {
        output->sink(output->sink_context, bytes, length);
        return;
    }
    memcpy(output->bytes + output->length, bytes, length);
    output->length += length;
}

void output_write(struct output *output) {
    size_t done = 0;
    output->blocked = false;
    while (done < output->length && !output->broken && !output->blocked) {
        // A pipe that polls writable takes this much at once.
        enum { PIECE = 4096 };
        size_t length = output->length - done;
        struct pollfd ready = {.fd = output->fd, .events = POLLOUT};
        if (!output->nonblocking) {
            if (length > PIECE) length = PIECE;
            if (poll(&ready, 1, 0) == 0) {
                output->blocked = true;
                break;
            }
        }
        ssize_t written = write(output->fd, output->bytes + done, length);
        if (written > 0)
            done += (size_t)written;
        else if (errno == EAGAIN)
            output->blocked = true;
        else if (errno != EINTR)
            output->broken = true;
    }
    if (output->broken) done = output->length;
    output->length -= done;
    memmove(output->bytes, output->bytes + done, output->length);
}

int output_waits_for(const struct output *output) {
    return output->blocked ? output->fd : -1;
}
