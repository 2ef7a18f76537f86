#include "ending.h"
#include "monitor.h"

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
    char path[64], tty[64], byte, current[200];
    size_t length = 0;
    line[0] = '\0';
    snprintf(path, sizeof path, "/local/domain/%u/console/tty", domid);
    if (xenstore_read(xs, 0, path, tty, sizeof tty) < 0 || strncmp(tty, "/dev/pts/", 9)) return;
    int fd = open(tty, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    for (int budget = 65536; budget > 0 && poll(&ready, 1, 300) > 0; budget--) {
        if (read(fd, &byte, 1) != 1) break;
        if (byte == '\n' || byte == '\r') {
            current[length] = '\0';
            if (strstr(current, "panic") || strstr(current, "runx:") || line[0] == '\0')
                snprintf(line, size, "%s", current);
            length = 0;
        } else if (byte >= ' ' && byte <= '~' && length < sizeof current - 1) {
            current[length++] = byte;
        }
    }
    close(fd);
}
