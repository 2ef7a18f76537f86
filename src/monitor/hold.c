#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static _Noreturn void finish(int control, int code) {
    if (control >= 0) dprintf(control, "exit %d\n", code);
    _exit(code);
}

_Noreturn void hold_run(const struct options *options, int guardian) {
    (void)guardian;
    int control = CONTROL_FD, signals = signals_open();
    if (options->hostname && sethostname(options->hostname, strlen(options->hostname)) < 0) {
        dprintf(control, "error hostname %s: %s\n", options->hostname, strerror(errno));
        _exit(1);
    }
    bool committed = false;
    for (;;) {
        struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                               {.fd = control, .events = POLLIN}};
        struct signalfd_siginfo info;
        if (poll(fds, 2, -1) < 0 && errno != EINTR) finish(control, 1);
        if (fds[1].revents) {
            char text[64];
            ssize_t n = read(control, text, sizeof text - 1);
            text[n > 0 ? n : 0] = '\0';
            committed |= strstr(text, "commit\n") != NULL;
            // Its end before that means that create died.
            if (n <= 0 && !committed) _exit(1);
            if (n <= 0) close(control), control = -1;
        }
        while (read(signals, &info, sizeof info) == sizeof info)
            if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) finish(control, 0);
    }
}
