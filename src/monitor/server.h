// The 9P server of a container's shares: diod, with nothing in reach but what they export.
#pragma once

#include "share.h"

// Starts the server.  Its pid once its program runs, or -1 and in `error` why it does not.
pid_t server_start(const struct share_list *list, const char *diod, char *error, size_t size);
// A connection to the server, -1 when it has ended or does not answer.
int server_connect(pid_t server);
