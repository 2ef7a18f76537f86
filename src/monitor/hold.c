#define _GNU_SOURCE
#include "hold.h"
#include "control.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void finish(const struct control *control, int code) {
    control_say(control, "exit %d", code);
    _exit(code);
}

_Noreturn void hold_run(const char *hostname) {
    struct control control;
    struct control_line line;
    struct signal signal;
    const int signals = signals_open();
    control_open(&control);
    if (hostname && sethostname(hostname, strlen(hostname)) < 0) {
        control_say(&control, "error hostname %s: %s", hostname, strerror(errno));
        _exit(1);
    }
    for (bool committed = false;;) {
        struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                               {.fd = control.fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR) finish(&control, 1);
        const bool ended = fds[1].revents && !control_receive(&control);
        while (control_next(&control, &line)) committed |= line.word == CONTROL_COMMIT;
        if (ended && !committed) _exit(1); // create died
        while (signals_next(signals, &signal))
            if (signal.number == SIGTERM || signal.number == SIGINT) finish(&control, 0);
    }
}
