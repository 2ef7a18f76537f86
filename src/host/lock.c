#include "lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

int lock(bool try) {
    enum { FD = 3 };
    while (flock(FD, LOCK_EX | (try ? LOCK_NB : 0)) < 0) {
        if (errno == EWOULDBLOCK) return EXIT_LOCKED;
        if (errno == EINTR) continue;
        fprintf(stderr, "runx-monitor: flock: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
