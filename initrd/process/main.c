// runx-process: starts the container's process in the guest, waits for it, and
// tells Dom0 how it ended.  initrd/init executes it as the guest's process 1.
#define _GNU_SOURCE
#include "../../src/protocol/xenstore.h"
#include "clock.h"
#include "container/rootfs.h"
#include "file.h"
#include "network/network.h"
#include "network/resolv.h"
#include "session/exec.h"
#include "session/pump.h"
#include "session/session.h"
#include "session/signals.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

// Leaves the status, and why there was no process, where the monitor looks; then
// powers the domain off.
static _Noreturn void finish(int status, const char *error) {
    struct xenstore xs;
    char text[16];
    sync();
    snprintf(text, sizeof text, "%d", status);
    if (xenstore_open(&xs) == 0) {
        if (error && *error) xenstore_write(&xs, 0, "data/error", error);
        xenstore_write(&xs, 0, "data/exit-status", text);
    }
    reboot(RB_POWER_OFF);
    for (;;) pause();
}

static _Noreturn void fail(const char *what) {
    char error[256];
    snprintf(error, sizeof error, "%s: %s", what, strerror(errno));
    finish(EXIT_GUEST, error);
}

// A console is there a moment after its kernel.
static int wait_for_console(int number) {
    for (int tries = 0; tries < 1000; tries++) {
        int fd = pump_open_console(number);
        if (fd >= 0) return fd;
        pause_ms(5);
    }
    return -1;
}

static _Noreturn void run(void) {
    struct process process;
    struct session session;
    // A container that takes all memory must not take its own output with it.
    if (file_write_oom_score(-1000) < 0) fail("/proc/self/oom_score_adj");
    const char *wrong = record_load(&process, "/runx/process");
    if (wrong) finish(EXIT_GUEST, wrong);
    resolv_mount(&process);
    int console = wait_for_console(1), console2 = process.terminal ? 0 : wait_for_console(2);
    if (console < 0 || console2 < 0) fail("opening the consoles");
    wrong = session_start(&session, &process, console, console2, 0);
    if (wrong) fail(wrong);
    if (!session.error[0]) {
        exec_offer(); // first: what Dom0 queues before it is for signals_publish to find
        signals_publish(session.process);
    }
    int status = session_wait(&session);
    exec_finish();
    finish(status, session.error);
}

static int network(bool from_stdin) {
    const char *wrong = network_apply(from_stdin);
    if (wrong) fprintf(stderr, "%s\n", wrong);
    return wrong ? 1 : 0;
}

static int disk(const char *type, const char *layer) {
    const char *wrong = disk_mount(type, layer);
    if (wrong) fprintf(stderr, "%s: %s\n", wrong, strerror(errno));
    return wrong ? 1 : 0;
}

int main(int argc, char **argv) {
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    if (!strcmp(name, "poweroff")) return signals_deliver();
    if (!strcmp(name, "exec")) return exec_serve();
    if (argc == 2 && !strcmp(argv[1], "run")) run();
    if (argc == 3 && !strcmp(argv[1], "fail")) finish(EXIT_GUEST, argv[2]);
    if (argc == 4 && !strcmp(argv[1], "disk")) return disk(argv[2], argv[3]);
    if (argc == 2 && !strcmp(argv[1], "network")) return network(false);
    if (argc == 3 && !strcmp(argv[1], "network") && !strcmp(argv[2], "-")) return network(true);
    fputs("usage: runx-process run | network [-] | disk TYPE LAYER | fail MESSAGE\n", stderr);
    return 2;
}
