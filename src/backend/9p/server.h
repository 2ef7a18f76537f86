// The 9P server of a container's shares: diod, with nothing in reach but what they export.
#pragma once

#include "share_list.h"

// Starts the server.  Its pid once its program runs, or -1 and in `error` why it does not.
pid_t server_start(const struct share_list *list, const char *diod, char *error, size_t size);
// Takes the libraries out of the root of a server that has answered, so that a guest which
// leads it astray finds none of the host's files.  False if that cannot be.
bool server_seal(pid_t server);
// A connection to the server, -1 when it has ended or does not answer.
int server_connect(pid_t server);
// Enters a root directory of its own, with libraries to start a program from and the
// exports; its mount point is made in the working directory.  NULL when done, else what
// failed, with errno set.
const char *server_enter_root(const struct share_list *list);
