// The pause in a loop that looks for something again and again, until it gives up:
//     struct retry retry = {.times = 250, .pause_ms = 20};
//     while (!is_there() && retry_later(&retry)) {
//     }
#pragma once

#include <stdbool.h>

struct retry {
    int times, pause_ms;
};

// Sleeps; false, and at once, when it has done so `times` times.
bool retry_later(struct retry *retry);
