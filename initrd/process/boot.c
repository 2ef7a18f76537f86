#define _GNU_SOURCE
#include "boot.h"
#include "../../src/protocol/limits.h"
#include "../../src/protocol/nodes.h"
#include "../../src/protocol/retry.h"
#include "../../src/protocol/xenstore.h"
#include "container/rootfs.h"
#include "containers.h"
#include "file.h"
#include "network/network.h"
#include "network/resolv.h"
#include "session/exec.h"
#include "session/pump.h"
#include "session/session.h"
#include "session/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Leaves the status, and why there was no process, where the monitor looks.
static void report(const struct container *container, int status, const char *error) {
    struct xenstore xs;
    char path[32], text[16];
    sync();
    snprintf(text, sizeof text, "%d", status);
    if (xenstore_open(&xs) < 0) return;
    snprintf(path, sizeof path, NODE_ERROR, container->slot);
    if (*error) xenstore_write(&xs, path, error);
    snprintf(path, sizeof path, NODE_EXIT_STATUS, container->slot);
    xenstore_write(&xs, path, text);
    xenstore_close(&xs);
}

static _Noreturn void power_off(void) {
    reboot(RB_POWER_OFF);
    for (;;) pause();
}

// Ends the domain if a step says what is wrong.
static void check(const char *wrong) {
    const struct container container = container_in(FIRST_SLOT);
    if (!wrong) return;
    report(&container, EXIT_GUEST, wrong);
    power_off();
}

static _Noreturn void fail(const char *what) {
    char error[256];
    snprintf(error, sizeof error, "%s: %s", what, strerror(errno));
    check(error);
    power_off();
}

static void mount_kernel_file_systems(void) {
    static const struct {
        const char *type, *target, *failed;
    } mounts[] = {{"proc", "/proc", "mounting /proc"},
                  {"sysfs", "/sys", "mounting /sys"},
                  {"devtmpfs", "/dev", "mounting /dev"},
                  {"devpts", "/dev/pts", "mounting /dev/pts"}};
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        if (mkdir(mounts[i].target, 0755) < 0 && errno != EEXIST) fail(mounts[i].failed);
        if (mount(mounts[i].type, mounts[i].target, mounts[i].type, 0, NULL) < 0)
            fail(mounts[i].failed);
    }
}

// A console is there a moment after its kernel.
static int wait_for_console(int number) {
    struct retry retry = {.times = 12000, .pause_ms = 5};
    int fd;
    while ((fd = pump_open_console(number)) < 0 && retry_later(&retry)) {
    }
    return fd;
}

static struct consoles open_consoles(bool terminal) {
    enum { OUTPUT = 1, ERROR = 2 };
    const struct consoles consoles = {
        .framed = false,
        .output = wait_for_console(OUTPUT),
        .error = terminal ? -1 : wait_for_console(ERROR),
    };
    if (consoles.output < 0 || (!terminal && consoles.error < 0)) fail("opening the consoles");
    return consoles;
}

// What is left of the first process when its containers have ended: others may come.
static _Noreturn void reap(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        sigwaitinfo(&child, NULL);
    }
}

// The network's lines, as they are now.
static const char *apply_network(void) {
    return network_apply(false);
}

// Has others join the first process, which is there and waits; returns when it is to start.
static void hold(struct container *container, struct session *session) {
    container->init = session->process;
    container_tell(container, (struct container_state){container->init, CONTAINER_WAITS});
    exec_offer(container);
    check(session_hold(session, apply_network));
}

_Noreturn void boot(void) {
    struct container container = container_in(FIRST_SLOT);
    struct process process;
    struct session session;
    // First of all: signals that come from here on wait for it.
    if (container_make(&container) < 0) fail("making " CONTAINERS);
    mount_kernel_file_systems();
    // A container that takes all memory must not take its own output with it.
    if (file_write_oom_score(-1000) < 0) fail("/proc/self/oom_score_adj");
    check(record_load(&process, container.record));
    check(network_begin());
    check(rootfs_mount(&process, &container));
    if (process.resolv_conf && !resolv_prepare(&process)) fail("making resolv.conf");
    const struct consoles consoles = open_consoles(process.terminal);
    const char *wrong = session_start(&session, &process, &container, &consoles);
    if (wrong) fail(wrong);
    if (session_arrives(&session)) hold(&container, &session);
    wrong = session_run(&session, network_has_resolv() ? GATE_OPEN_WITH_LATE_MOUNTS : GATE_OPEN);
    if (wrong) fail(wrong);
    if (!session.error[0]) signals_publish(&container);
    int status = session_wait(&session);
    exec_finish(&container);
    signals_withdraw(&container);
    report(&container, status, session.error);
    if (process.owner == OWNER_CONTAINER) power_off();
    rootfs_unmount(&container);
    reap();
}
