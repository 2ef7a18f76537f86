#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(void) {
    sigset_t all;
    sigfillset(&all);
    const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (size_t i = 0; i < sizeof synchronous / sizeof *synchronous; i++)
        sigdelset(&all, synchronous[i]);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool signals_next(int fd, struct signal *signal) {
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != sizeof info) return false;
    signal->number = (int)info.ssi_signo;
    signal->sent = info.ssi_code <= 0 && info.ssi_pid != (uint32_t)getpid();
    return true;
}
