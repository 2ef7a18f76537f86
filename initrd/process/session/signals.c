#define _GNU_SOURCE
#include "signals.h"
#include "../../../src/protocol/clock.h"
#include "../../../src/protocol/nodes.h"
#include "../../../src/protocol/number.h"
#include "../../../src/protocol/retry.h"
#include "../../../src/protocol/transaction.h"
#include "../file.h"
#include "signal_queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include <unistd.h>

// Who delivers has the lock on it; in it is the time of the last delivery, in seconds.
static const char delivery_file[] = "/run/signals";
// A second power-off event this soon after a delivery belongs to that delivery.
enum { SAME_EVENT_SECONDS = 30 };
// A process this young may not have said yet which signals it handles.
enum { YOUNG_SECONDS = 5 };
// Looks at a process that would miss a signal, so far apart; and for how many it must have
// been blocked: a shell blocks all of them for a moment, whenever it starts a program.
enum { LOOK_MS = 10, MAX_LOOKS = 500, BLOCKED_LOOKS = 50 };

// The words of the queue that are for containers which have no process yet.
static void keep_early(const char *queue, char *kept, size_t size) {
    struct queued_signal signal;
    size_t length = 0;
    *kept = '\0';
    while (signal_queue_next(&queue, &signal)) {
        const struct container container = container_in(signal.slot);
        const struct container_state state = container_look(&container);
        if (state.pid == CONTAINER_ENDED || container_runs(state)) continue;
        length += (size_t)snprintf(kept + length, size - length, "%u:%s%d ", signal.slot,
                                   signal.all ? "-" : "", signal.number);
        if (length >= size) return;
    }
}

// A transaction's step: takes the queue, and leaves in it what is too early.
static int take_queue(struct xenstore *xs, void *context) {
    char *queue = context, kept[XENSTORE_MAX + 1];
    int length = xenstore_read(xs, NODE_SIGNALS, queue, XENSTORE_MAX + 1);
    if (length <= 0) return length;
    keep_early(queue, kept, sizeof kept);
    return xenstore_write(xs, NODE_SIGNALS, kept);
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
    struct retry retry = {.times = MAX_LOOKS, .pause_ms = LOOK_MS};
    for (int blocked = 0; blocked < BLOCKED_LOOKS && retry_later(&retry);) {
        enum reception reception = look(process, signal);
        if (reception == TAKEN) break;
        blocked = reception == BLOCKED ? blocked + 1 : 0;
    }
    kill(process, signal);
}

// Those that end a process which does not handle them, but for KILL.
static bool is_fatal(int signal) {
    const int others[] = {SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU,
                          SIGCONT, SIGCHLD, SIGURG,  SIGWINCH};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (signal == others[i]) return false;
    return true;
}

// Before all others, or as everything else: where there is one CPU, no process of the container
// runs until each has its signal, as runc sees to by the freezer.  A shell that waits for its
// children would be gone before its own came.  By system call: musl has no such function.
static void go_first(bool first) {
    const struct sched_param param = {.sched_priority = first ? 1 : 0};
    syscall(SYS_sched_setscheduler, 0, first ? SCHED_FIFO : SCHED_OTHER, &param);
}

static void send_to_process(pid_t process, int signal, bool young) {
    bool waits = young && is_fatal(signal) && has_own_pid_namespace(process) &&
                 look(process, signal) != TAKEN;
    pid_t holder = waits ? fork() : -1;
    if (holder == 0) {
        go_first(false);
        syscall(SYS_close_range, 0, ~0U, 0); // the lock, and the ends of the outputs
        send_when_taken(process, signal);
        _exit(0);
    }
    if (holder < 0) kill(process, signal);
}

// Since the domain booted, never 0.
static long seconds(void) {
    return (long)(now_ms() / 1000) + 1;
}

static void send(const struct container *container, int signal, bool all) {
    const struct container_state state = container_look(container);
    if (!container_runs(state)) return;
    if (all) {
        go_first(true);
        signal_others(state.pid, signal);
    }
    send_to_process(state.pid, signal, seconds() - state.begun <= YOUNG_SECONDS);
    if (all) go_first(false);
}

static void send_queued(const char *queue) {
    struct queued_signal signal;
    while (signal_queue_next(&queue, &signal)) {
        const struct container container = container_in(signal.slot);
        send(&container, signal.number, signal.all);
    }
}

static void stop_all(void) {
    DIR *directory = opendir(CONTAINERS);
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        uint64_t slot;
        if (!number_parse(entry->d_name, 10, &slot) || slot > UINT_MAX) continue;
        const struct container container = container_in((unsigned)slot);
        const struct container_state state = container_look(&container);
        if (state.pid > 0 && !container_runs(state))
            kill(state.pid, SIGKILL); // what waits for its start handles nothing
        else
            send(&container, SIGTERM, false);
    }
    if (directory) closedir(directory);
}

// `fd` is of the delivery file.
static void deliver(int fd, bool by_hand) {
    struct xenstore xs;
    char queue[XENSTORE_MAX + 1] = "", text[24];
    bool taken = xenstore_open(&xs) >= 0 && transaction_run(&xs, take_queue, queue) == 0;
    xenstore_close(&xs);
    if (taken && *queue) {
        int size = snprintf(text, sizeof text, "%ld\n", seconds());
        (void)!pwrite(fd, text, (size_t)size, 0);
        send_queued(queue);
    } else if (by_hand) {
        long last = 0;
        ssize_t length = pread(fd, text, sizeof text - 1, 0);
        text[length > 0 ? length : 0] = '\0';
        if (sscanf(text, "%ld", &last) != 1 || seconds() - last > SAME_EVENT_SECONDS) stop_all();
    }
}

static int begin_delivery(void) {
    int fd = open(delivery_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) flock(fd, LOCK_EX);
    return fd;
}

int signals_deliver(void) {
    // So early that no container is known, what is queued is for one that is not known yet.
    int fd = access(CONTAINERS, F_OK) < 0 ? -1 : begin_delivery();
    if (fd < 0) return 1;
    deliver(fd, true);
    close(fd);
    return 0;
}

void signals_publish(const struct container *container) {
    int fd = begin_delivery();
    container_tell(container, (struct container_state){container->init, seconds()});
    if (fd < 0) return;
    deliver(fd, false);
    close(fd);
}

void signals_withdraw(const struct container *container) {
    int fd = begin_delivery();
    container_tell(container, (struct container_state){CONTAINER_ENDED, 0});
    if (fd >= 0) close(fd);
}
