#define _GNU_SOURCE
#include "signals.h"
#include "../../../src/protocol/limits.h"
#include "../../../src/protocol/xenstore.h"
#include "../clock.h"
#include "../file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A container's state file: its process's pid, when it began and the time of the last delivery,
// in seconds.
// A second power-off event this soon after a delivery belongs to that delivery.
enum { SAME_EVENT_SECONDS = 30 };
// A process this young may not have said yet which signals it handles.
enum { YOUNG_SECONDS = 5 };
// Looks at a process that would miss a signal, so far apart; and for how many it must have
// been blocked: a shell blocks all of them for a moment, whenever it starts a program.
enum { LOOK_MS = 10, MAX_LOOKS = 500, BLOCKED_LOOKS = 50 };

// Empties the queue into `text`.
static int take_queue(char *text, size_t size) {
    struct xenstore xs;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    do {
        uint32_t tx;
        if ((rc = xenstore_begin(&xs, &tx)) < 0) break;
        rc = xenstore_read(&xs, tx, "data/signals", text, size);
        int written = rc > 0 ? xenstore_write(&xs, tx, "data/signals", "") : 0;
        int committed = xenstore_end(&xs, tx, true);
        if (rc >= 0 && (written < 0 || committed < 0)) rc = written < 0 ? written : committed;
    } while (rc == -EAGAIN);
    xenstore_close(&xs);
    return rc;
}

static bool has_own_pid_namespace(pid_t process) {
    struct stat own, its;
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/ns/pid", (long)process);
    return stat("/proc/self/ns/pid", &own) == 0 && stat(path, &its) == 0 &&
           own.st_ino != its.st_ino;
}

// kill(2)'s -1 means all processes of the caller's pid namespace but its first and the
// caller.  In the guest's own namespace that would be its init's helpers.
static void signal_others(pid_t process, int signal) {
    if (!has_own_pid_namespace(process)) return;
    pid_t outer = fork();
    if (outer == 0) {
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // the container's processes see the next one
        int pidfd = (int)syscall(SYS_pidfd_open, process, 0);
        if (pidfd < 0 || setns(pidfd, CLONE_NEWPID) < 0) _exit(1);
        pid_t inner = fork();
        if (inner == 0) _exit(kill(-1, signal) < 0);
        waitpid(inner, NULL, 0);
        _exit(0);
    }
    waitpid(outer, NULL, 0);
}

enum reception { DROPPED, BLOCKED, TAKEN };

static bool is_in_mask(const char *status, const char *name, int signal) {
    const char *mask = strstr(status, name);
    return mask && strtoull(mask + strlen(name), NULL, 16) >> (signal - 1) & 1;
}

// The kernel drops what the first process of a namespace does not handle.  See proc(5),
// /proc/pid/status.
static enum reception look(pid_t process, int signal) {
    char path[64], status[4096];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
    file_read(path, status, sizeof status);
    if (!strstr(status, "SigCgt:")) return TAKEN; // it has ended, or has hundreds of groups
    if (is_in_mask(status, "SigIgn:", signal) || is_in_mask(status, "SigCgt:", signal))
        return TAKEN;
    return is_in_mask(status, "SigBlk:", signal) ? BLOCKED : DROPPED;
}

static void send_when_taken(pid_t process, int signal) {
    for (int looks = 0, blocked = 0; looks < MAX_LOOKS && blocked < BLOCKED_LOOKS; looks++) {
        pause_ms(LOOK_MS);
        enum reception reception = look(process, signal);
        if (reception == TAKEN) break;
        blocked = reception == BLOCKED ? blocked + 1 : 0;
    }
    kill(process, signal);
}

// Those that end a process which does not handle them, but for KILL.
static bool is_fatal(int signal) {
    const int others[] = {SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGURG, SIGWINCH};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (signal == others[i]) return false;
    return true;
}

static void send_to_process(pid_t process, int signal, bool young) {
    bool waits = young && is_fatal(signal) && has_own_pid_namespace(process) &&
                 look(process, signal) != TAKEN;
    pid_t holder = waits ? fork() : -1;
    if (holder == 0) {
        syscall(SYS_close_range, 0, ~0U, 0); // the lock, and the ends of the outputs
        send_when_taken(process, signal);
        _exit(0);
    }
    if (holder < 0) kill(process, signal);
}

// A negative number goes to all processes of the container.
static void send_one(pid_t process, long number, bool young) {
    long signal = labs(number);
    if (signal < 1 || signal > SIGRTMAX) return;
    if (number < 0) signal_others(process, (int)signal);
    send_to_process(process, (int)signal, young);
}

// Since the domain booted, never 0.
static long seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec + 1;
}

static void deliver(int fd, bool by_hand) {
    char state[64], queue[XENSTORE_MAX + 1];
    long pid = 0, begun = 0, last = 0;
    ssize_t length = pread(fd, state, sizeof state - 1, 0);
    state[length > 0 ? length : 0] = '\0';
    if (sscanf(state, "%ld %ld %ld", &pid, &begun, &last) < 1 || pid <= 0) return;
    int queued = take_queue(queue, sizeof queue);
    long now = seconds();
    bool young = now - begun <= YOUNG_SECONDS;
    if (queued > 0) {
        char *rest = queue, *end;
        for (long signal; (signal = strtol(rest, &end, 10)), end != rest; rest = end)
            send_one((pid_t)pid, signal, young);
        int size = snprintf(state, sizeof state, "%ld %ld %ld\n", pid, begun, now);
        (void)!pwrite(fd, state, (size_t)size, 0);
    } else if (by_hand && (!last || now - last > SAME_EVENT_SECONDS)) {
        send_to_process((pid_t)pid, SIGTERM, young);
    }
}

static int open_state(const struct container *container) {
    int fd = open(container->state, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) flock(fd, LOCK_EX);
    return fd;
}

int signals_deliver(void) {
    const struct container container = container_in(FIRST_SLOT);
    int fd = open_state(&container);
    if (fd < 0) return 1;
    deliver(fd, true);
    close(fd);
    return 0;
}

void signals_publish(const struct container *container) {
    int fd = open_state(container);
    if (fd < 0) return;
    dprintf(fd, "%ld %ld 0\n", (long)container->init, seconds());
    deliver(fd, false);
    close(fd);
}

bool signals_wait_for(struct container *container) {
    enum { TRIES = 6000, PAUSE_MS = 10 };
    for (int tries = 0; tries < TRIES; tries++) {
        char state[64];
        long pid = 0;
        file_read(container->state, state, sizeof state);
        if (sscanf(state, "%ld", &pid) == 1 && pid > 0) {
            container->init = (pid_t)pid;
            return true;
        }
        pause_ms(PAUSE_MS);
    }
    return false;
}
