#define _GNU_SOURCE
#include "signals.h"
#include "../../src/monitor/xenstore.h"

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

// The process's pid, then the time of the last delivery.
static const char state_file[] = "/run/process";
// A second power-off event this soon after a delivery belongs to that delivery.
enum { SAME_EVENT_SECONDS = 30 };
// How long a signal waits that the process would not notice yet.
enum { HOLD_SECONDS = 5 };

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

// Whether the first process of a namespace blocks, ignores or handles a signal: the kernel
// drops any other but KILL and STOP.  See proc(5), /proc/pid/status.
static bool is_expected(pid_t process, int signal) {
    static const char *const masks[] = {"SigBlk:", "SigIgn:", "SigCgt:"};
    char path[64], status[4096];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, status, sizeof status - 1);
    if (fd >= 0) close(fd);
    if (length <= 0) return true; // it has ended
    status[length] = '\0';
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        const char *mask = strstr(status, masks[i]);
        // With hundreds of groups they are further down; then it is sent at once.
        if (!mask || strtoull(mask + strlen(masks[i]), NULL, 16) >> (signal - 1) & 1) return true;
    }
    return false;
}

// A process that has only just begun has not said yet what it handles.
static void send_when_expected(pid_t process, int signal) {
    const struct timespec pause = {.tv_nsec = 10000000};
    struct timespec now, start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (!is_expected(process, signal) && now.tv_sec - start.tv_sec < HOLD_SECONDS);
    kill(process, signal);
}

static void send_to_process(pid_t process, int signal) {
    bool always = signal == SIGKILL || signal == SIGSTOP || !has_own_pid_namespace(process);
    pid_t holder = always || is_expected(process, signal) ? -1 : fork();
    if (holder == 0) {
        syscall(SYS_close_range, 0, ~0U, 0); // the lock, and the ends of the outputs
        send_when_expected(process, signal);
        _exit(0);
    }
    if (holder < 0) kill(process, signal);
}

// A negative number goes to all processes of the container.
static void send_one(pid_t process, long number) {
    long signal = labs(number);
    if (signal < 1 || signal > SIGRTMAX) return;
    if (number < 0) signal_others(process, (int)signal);
    send_to_process(process, (int)signal);
}

static void deliver(int fd, bool by_hand) {
    char state[64], queue[XENSTORE_MAX + 1];
    long pid = 0, last = 0;
    ssize_t length = pread(fd, state, sizeof state - 1, 0);
    state[length > 0 ? length : 0] = '\0';
    if (sscanf(state, "%ld %ld", &pid, &last) < 1 || pid <= 0) return;
    int queued = take_queue(queue, sizeof queue);
    long now = (long)time(NULL);
    if (queued > 0) {
        char *rest = queue, *end;
        for (long signal; (signal = strtol(rest, &end, 10)), end != rest; rest = end)
            send_one((pid_t)pid, signal);
        int size = snprintf(state, sizeof state, "%ld %ld\n", pid, now);
        (void)!pwrite(fd, state, (size_t)size, 0);
    } else if (by_hand && now - last > SAME_EVENT_SECONDS) {
        send_to_process((pid_t)pid, SIGTERM);
    }
}

static int open_state(void) {
    int fd = open(state_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) flock(fd, LOCK_EX);
    return fd;
}

int signals_deliver(void) {
    int fd = open_state();
    if (fd < 0) return 1;
    deliver(fd, true);
    close(fd);
    return 0;
}

void signals_publish(pid_t process) {
    int fd = open_state();
    if (fd < 0) return;
    dprintf(fd, "%ld 0\n", (long)process);
    deliver(fd, false);
    close(fd);
}

pid_t signals_process(void) {
    enum { TRIES = 6000 };
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int tries = 0; tries < TRIES; tries++) {
        char state[64];
        long pid = 0;
        int fd = open(state_file, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? 0 : read(fd, state, sizeof state - 1);
        if (fd >= 0) close(fd);
        state[length > 0 ? length : 0] = '\0';
        if (sscanf(state, "%ld", &pid) == 1 && pid > 0) return (pid_t)pid;
        nanosleep(&pause, NULL);
    }
    return -1;
}
