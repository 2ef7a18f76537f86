// diod and the processes of its shares: children of the monitor.
#pragma once

#include "share_list.h"

struct serving {
    pid_t server, shares[MAX_SHARES]; // 0: none
};

// Starts them, if anything is list; false with an error.
bool serving_start(struct serving *serving, const struct share_list *list, const char *diod,
                   char *error, size_t size);
// Collects children that have ended; whether one of these is among them.
bool serving_has_ended(const struct serving *serving);
void serving_kill(const struct serving *serving);
// Until they have ended, so that nothing of the host is in use; not for ever, since what
// they serve may be on a server that is gone.
void serving_wait(void);
