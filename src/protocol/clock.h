// The time as a monitor and the guest measure how long something takes.
#pragma once

#include <time.h>

// Milliseconds on a clock that nobody sets.
static inline long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
