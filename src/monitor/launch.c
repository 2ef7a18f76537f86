#define _GNU_SOURCE
#include "launch.h"
#include "../host/enter.h"
#include "../host/look.h"
#include "../protocol/retry.h"
#include "control.h"
#include "exec.h"
#include "hold.h"
#include "keeper.h"
#include "monitor.h"
#include "streams.h"
#include "withdrawer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Who stands for it, in which namespaces, and who guards what it leaves.  Neither returns;
// each has its end of a socket between the two.
struct role {
    unsigned long namespaces;
    void (*stand)(const struct options *options, int guard);
    void (*guard)(const struct options *options, pid_t standing, int owner);
};

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "runx-monitor: %s: %s\n", what, strerror(errno));
    exit(1);
}

// It failed for a reason that lies in config.json.
static _Noreturn void refuse(const char *what, const char *path, const char *why) {
    struct control control;
    control_open(&control);
    control_say(&control, "error %s %s: %s", what, path, why);
    exit(1);
}

// Its own mounts, which still see the host's being unmounted, and its own /proc.
static void enter_mount_namespace(void) {
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) fail("making the mounts private");
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        fail("mounting /proc");
}

static bool is_disk(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISBLK(info.st_mode);
}

// Takes a block device, so that nobody mounts it meanwhile, or takes it too.  It stays open
// in both processes: in the guard until the domain is gone.
static void hold_disk(const char *path) {
    // That of an earlier container may end a moment after its monitor.
    struct retry retry = {.times = 40, .pause_ms = 50};
    do {
        if (look_and_open(path, O_RDONLY | O_EXCL, is_disk, ENOTBLK) >= 0) return;
    } while (errno == EBUSY && retry_later(&retry));
    refuse("disk", path,
           errno == EBUSY ? "in use: mounted on this host, or another container's"
                          : strerror(errno));
}

static void close_others(void) {
    if (syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0) < 0 && errno != ENOSYS)
        fail("closing descriptors");
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
}

static pid_t start_standing(const struct options *options, const struct role *role,
                            const int pair[2]) {
    unsigned long namespaces = role->namespaces;
    if (options->network) {
        namespaces &= ~(unsigned long)CLONE_NEWNET;
        const char *why = namespace_join(options->network, CLONE_NEWNET);
        if (why) refuse("network namespace", options->network, why);
    }
    const pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | namespaces, 0, 0, 0, 0);
    if (pid < 0) fail("creating namespaces");
    if (pid == 0) {
        close(pair[1]);
        setsid();
        if (role->namespaces & CLONE_NEWNS) enter_mount_namespace();
        role->stand(options, pair[0]);
    }
    return pid;
}

static int launch(const struct options *options, const struct role *role) {
    int pair[2];
    struct control control;
    if (chdir(options->state_directory) < 0) fail(options->state_directory);
    close_others();
    control_open(&control);
    for (unsigned i = 0; i < options->disk_count; i++) hold_disk(options->disks[i]);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) fail("socketpair");
    int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (host < 0) fail("/proc/self/ns/net");
    const pid_t standing = start_standing(options, role, pair);
    close(pair[0]);
    // The guard and xl work in the host's.
    if (setns(host, CLONE_NEWNET) < 0) fail("setns");
    close(host);
    control_say(&control, "pid %ld", (long)standing);
    if (role->guard == NULL) return 0;
    pid_t guard = fork();
    if (guard < 0) fail("fork");
    if (guard == 0) {
        setsid();
        close(CONTROL_FD);
        streams_leave();
        role->guard(options, standing, pair[1]);
    }
    return 0;
}

static _Noreturn void keep(const struct options *options, pid_t standing, int owner) {
    (void)standing;
    keeper_run(options->xl, owner);
}

static _Noreturn void withdraw(const struct options *options, pid_t standing, int owner) {
    char pid_file[32];
    snprintf(pid_file, sizeof pid_file, "exec/%ld", (long)standing);
    withdrawer_run(options->domid, pid_file, owner);
}

static _Noreturn void hold(const struct options *options, int guard) {
    close(guard);
    hold_run(options->hostname);
}

int launch_container(const struct options *options) {
    static const struct role role = {CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET, monitor_run, keep};
    return launch(options, &role);
}

int launch_sandbox(const struct options *options) {
    static const struct role role = {
        CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, hold, NULL};
    return launch(options, &role);
}

int launch_added(const struct options *options) {
    static const struct role role = {0, exec_run, withdraw};
    return launch(options, &role);
}
