#include "ending.h"
#include "kernel_console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ending_exit_code(void) {
    char text[16];
    int fd = open("killed-by", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return EXIT_KILLED;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    int signal = atoi(text);
    return signal > 0 && signal <= 64 ? 128 + signal : EXIT_KILLED;
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
