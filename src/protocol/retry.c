#include "retry.h"

#include <time.h>

bool retry_later(struct retry *retry) {
    const struct timespec pause = {.tv_sec = retry->pause_ms / 1000,
                                   .tv_nsec = retry->pause_ms % 1000 * 1000000L};
    if (retry->times-- <= 0) return false;
    nanosleep(&pause, NULL);
    return true;
}
