// diod and the processes of its shares: children of the monitor.
#pragma once

#include "share.h"

struct serving {
    pid_t server, shares[MAX_SHARES]; // 0: none
};

// Starts them, if anything is served; false with an error.
bool serving_start(struct serving *serving, const struct share_list *served, const char *diod,
                   char *error, size_t size);
// Collects children that have ended; whether one of these is among them.
bool serving_has_ended(const struct serving *serving);
void serving_end(const struct serving *serving);
