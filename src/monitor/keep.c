#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    int fd; // -1: the file could not be made
    size_t length;
    size_t total; // of bytes since the beginning, which go round in `last`
    unsigned char last[KEPT_LAST];
} k;

static const char newer[] = "output", older[] = "output.1";

int keep_open(void) {
    k.length = 0;
    k.fd = open(newer, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return k.fd < 0 ? -errno : 0;
}

static void remember(const unsigned char *bytes, size_t length) {
    if (length > KEPT_LAST) {
        k.total += length - KEPT_LAST;
        bytes += length - KEPT_LAST;
        length = KEPT_LAST;
    }
    size_t start = k.total % KEPT_LAST;
    size_t first = length < KEPT_LAST - start ? length : KEPT_LAST - start;
    memcpy(k.last + start, bytes, first);
    memcpy(k.last, bytes + first, length - first);
    k.total += length;
}

void keep_add(const void *bytes, size_t length) {
    const unsigned char *next = bytes;
    remember(bytes, length);
    while (length > 0) {
        if (k.length >= KEPT_FILE_MAX && k.fd >= 0) {
            close(k.fd);
            k.fd = -1;
            rename(newer, older);
        }
        if (k.fd < 0 && keep_open() < 0) return;
        size_t room = KEPT_FILE_MAX - k.length;
        ssize_t written = write(k.fd, next, length < room ? length : room);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        next += written;
        length -= (size_t)written;
        k.length += (size_t)written;
    }
}

size_t keep_last(unsigned char *bytes) {
    if (k.total <= KEPT_LAST) {
        memcpy(bytes, k.last, k.total);
        return k.total;
    }
    size_t start = k.total % KEPT_LAST;
    memcpy(bytes, k.last + start, KEPT_LAST - start);
    memcpy(bytes + KEPT_LAST - start, k.last, start);
    return KEPT_LAST;
}
