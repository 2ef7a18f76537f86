// What Dom0 has queued in NODE_SIGNALS: words "SLOT:NUMBER" with spaces between them.
#pragma once

#include <stdbool.h>

struct queued_signal {
    unsigned slot; // of the container
    int number;    // 1 to 64
    bool all;      // it is for all processes of the container, and not for its first one
};

// Takes the next word that is one, and moves `queue` behind it; others are left out.  False at the
// end.
bool signal_queue_next(const char **queue, struct queued_signal *signal);
