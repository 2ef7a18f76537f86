#include "withdrawer.h"
#include "../protocol/limits.h"
#include "../protocol/read_full.h"
#include "signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kinds[] = {"console", "9pfs"};

enum { KINDS = sizeof kinds / sizeof *kinds, LINE_MAX_LENGTH = 24 };

bool withdrawer_add(int withdrawer, const struct device *device) {
    char line[LINE_MAX_LENGTH];
    int length = snprintf(line, sizeof line, "%s %u\n", device->kind, device->index);
    return write(withdrawer, line, (size_t)length) == length;
}

static void withdraw(struct xenstore *xs, unsigned domid, const char *line) {
    for (size_t i = 0; i < KINDS; i++) {
        const size_t length = strlen(kinds[i]);
        if (strncmp(line, kinds[i], length) != 0 || line[length] != ' ') continue;
        struct device device = {kinds[i], domid, (unsigned)atoi(line + length)};
        device_withdraw(xs, &device);
    }
}

_Noreturn void withdrawer_run(unsigned domid, const char *pid_file, int owner) {
    static char lines[(MAX_SHARES + 2) * LINE_MAX_LENGTH];
    struct xenstore xs;
    char *rest;
    signals_open();
    ssize_t length = read_full(owner, lines, sizeof lines - 1);
    lines[length > 0 ? length : 0] = '\0';
    unlink(pid_file);
    if (length <= 0 || xenstore_open(&xs) < 0) _exit(0);
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        withdraw(&xs, domid, line);
    _exit(0);
}
