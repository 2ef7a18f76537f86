#define _GNU_SOURCE
#include "../monitor/monitor.h"
#include "../protocol/xenstore.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

int signals_open(void) {
    sigset_t all;
    sigfillset(&all);
    const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (size_t i = 0; i < sizeof synchronous / sizeof *synchronous; i++)
        sigdelset(&all, synchronous[i]);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int append_signal(struct xenstore *xs, uint32_t tx, const char *path, int signal) {
    enum { QUEUE_MAX = 256, NUMBER_MAX = 8 };
    char queue[QUEUE_MAX];
    int length = xenstore_read(xs, tx, path, queue, sizeof queue - NUMBER_MAX);
    if (length == -ENOENT) length = 0;
    if (length < 0) return length; // a guest that takes no signals fills its queue
    snprintf(queue + length, sizeof queue - (size_t)length, "%d ", signal);
    return xenstore_write(xs, tx, path, queue);
}

// The guest's kernel runs its power-off command when control/shutdown is
// written; ours takes the numbers queued in data/signals and sends them.
// A kernel that is still booting cannot run it and powers off, and our guest
// looks into the queue by itself once it has written data/exec.
static int ask_for_poweroff(unsigned domid, int signal, bool queue) {
    enum { MAX_TRIES = 32 };
    char name_path[64], queue_path[64], ready_path[64], shutdown_path[64], name[256], ready[8];
    struct xenstore xs;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    snprintf(name_path, sizeof name_path, "/local/domain/%u/name", domid);
    snprintf(queue_path, sizeof queue_path, "/local/domain/%u/data/signals", domid);
    snprintf(ready_path, sizeof ready_path, "/local/domain/%u/data/exec", domid);
    snprintf(shutdown_path, sizeof shutdown_path, "/local/domain/%u/control/shutdown", domid);
    // A guest that writes the queue all the time must not keep us here.
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        uint32_t tx;
        if ((rc = xenstore_begin(&xs, &tx)) < 0) break;
        // Writing would make the nodes of a domain that is gone.
        rc = xenstore_read(&xs, tx, name_path, name, sizeof name);
        if (rc == -ENOENT) rc = -ESRCH;
        if (rc >= 0) rc = queue ? append_signal(&xs, tx, queue_path, signal) : 0;
        bool waits = queue && xenstore_read(&xs, tx, ready_path, ready, sizeof ready) == -ENOENT;
        if (rc == 0 && !waits) rc = xenstore_write(&xs, tx, shutdown_path, "poweroff");
        int ended = xenstore_end(&xs, tx, rc == 0);
        if (rc == 0) rc = ended;
        if (rc != -EAGAIN) break;
    }
    xenstore_close(&xs);
    return rc;
}

int signal_guest(unsigned domid, int signal) {
    return ask_for_poweroff(domid, signal, true);
}

int signal_own_guest(unsigned domid, int signal) {
    const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (abs(signal) == harmless[i]) return 0;
    return ask_for_poweroff(domid, signal, false);
}
