#include "kept_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char newer[] = "output", older[] = "output.1";

int kept_output_open(struct kept_output *kept) {
    kept->length = 0;
    kept->fd = open(newer, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return kept->fd < 0 ? -errno : 0;
}

static void remember(struct kept_output *kept, const unsigned char *bytes, size_t length) {
    if (length > KEPT_LAST) {
        kept->total += length - KEPT_LAST;
        bytes += length - KEPT_LAST;
        length = KEPT_LAST;
    }
    size_t start = kept->total % KEPT_LAST;
    size_t first = length < KEPT_LAST - start ? length : KEPT_LAST - start;
    memcpy(kept->last + start, bytes, first);
    memcpy(kept->last, bytes + first, length - first);
    kept->total += length;
}

void kept_output_add(struct kept_output *kept, const void *bytes, size_t length) {
    const unsigned char *next = bytes;
    remember(kept, bytes, length);
    while (length > 0) {
        if (kept->length >= KEPT_FILE_MAX && kept->fd >= 0) {
            close(kept->fd);
            kept->fd = -1;
            rename(newer, older);
        }
        if (kept->fd < 0 && kept_output_open(kept) < 0) return;
        size_t room = KEPT_FILE_MAX - kept->length;
        ssize_t written = write(kept->fd, next, length < room ? length : room);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        next += written;
        length -= (size_t)written;
        kept->length += (size_t)written;
    }
}

size_t kept_output_last(const struct kept_output *kept, unsigned char *bytes) {
    if (kept->total <= KEPT_LAST) {
        memcpy(bytes, kept->last, kept->total);
        return kept->total;
    }
    size_t start = kept->total % KEPT_LAST;
    memcpy(bytes, kept->last + start, KEPT_LAST - start);
    memcpy(bytes + KEPT_LAST - start, kept->last, start);
    return KEPT_LAST;
}
