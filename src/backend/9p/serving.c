#define _GNU_SOURCE
#include "serving.h"
#include "../../protocol/retry.h"
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool serving_start(struct serving *serving, const struct share_list *list, const char *diod,
                   char *error, size_t size) {
    if (list->share_count == 0) return true;
    serving->server = server_start(list, diod, error, size);
    if (serving->server < 0) return false;
    for (unsigned i = 0; i < list->share_count; i++) {
        int connection = server_connect(serving->server);
        pid_t share = connection < 0 ? -EIO : share_start(&list->shares[i], connection);
        if (share < 0) {
            snprintf(error, size, "%s", strerror(-share));
            return false;
        }
        serving->shares[i] = share;
        close(connection);
    }
    if (!server_seal(serving->server)) {
        snprintf(error, size, "taking the libraries out of the server's root");
        return false;
    }
    return true;
}

bool serving_has_ended(const struct serving *serving) {
    for (pid_t ended; (ended = waitpid(-1, NULL, WNOHANG)) > 0;) {
        if (ended == serving->server) return true;
        for (unsigned i = 0; i < MAX_SHARES; i++)
            if (ended == serving->shares[i]) return true;
    }
    return false;
}

void serving_kill(const struct serving *serving) {
    for (unsigned i = 0; i < MAX_SHARES; i++)
        if (serving->shares[i] > 0) kill(serving->shares[i], SIGKILL);
    if (serving->server > 0) kill(serving->server, SIGKILL);
}

void serving_wait(void) {
    struct retry retry = {.times = 500, .pause_ms = 10};
    pid_t ended;
    do {
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
    } while (ended == 0 && retry_later(&retry));
}
