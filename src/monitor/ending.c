#include "ending.h"
#include "../host/domain.h"
#include "../protocol/nodes.h"
#include "../protocol/number.h"
#include "kernel_console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ending_read(struct ending *ending, struct xenstore *xs, unsigned domid, unsigned slot) {
    char *text = ending->error;
    uint64_t code;
    const struct node status = domain_node(domid, NODE_EXIT_STATUS, slot);
    const struct node error = domain_node(domid, NODE_ERROR, slot);
    if (xenstore_read(xs, status.path, text, sizeof ending->error) < 0) return false;
    ending->valid = number_parse(text, 10, &code) && code <= 255;
    ending->exit_code = ending->valid ? (int)code : EXIT_KILLED;
    if (xenstore_read(xs, error.path, text, sizeof ending->error) < 0) *text = '\0';
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    return true;
}

void ending_console_line(struct xenstore *xs, unsigned domid, char *line, size_t size) {
    char byte, current[200];
    size_t length = 0;
    bool panicked = false;
    line[0] = '\0';
    int fd = kernel_console_tty(xs, domid, O_RDONLY);
    if (fd < 0) return;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    for (int budget = 65536; budget > 0 && poll(&ready, 1, 300) > 0; budget--) {
        if (read(fd, &byte, 1) != 1) break;
        if (byte == '\n' || byte == '\r') {
            current[length] = '\0';
            const bool panics = strstr(current, "panic") != NULL;
            // A trace of the stack follows.
            if (panics || (length > 0 && !panicked)) snprintf(line, size, "%s", current);
            panicked = panicked || panics;
            length = 0;
        } else if (byte >= ' ' && byte <= '~' && length < sizeof current - 1) {
            current[length++] = byte;
        }
    }
    close(fd);
}

const char *ending_reason(enum domain_state state) {
    switch (state) {
    case DOMAIN_REBOOTED:
        return "rebooted, which ends a container";
    case DOMAIN_SUSPENDED:
        return "was suspended, which ends a container";
    case DOMAIN_CRASHED:
        return "crashed";
    case DOMAIN_ENDED_BY_WATCHDOG:
        return "was ended by its watchdog";
    default:
        return "ended for an unknown reason";
    }
}
