#define _GNU_SOURCE
#include "exec.h"
#include "../../../src/protocol/frame.h"
#include "../../../src/protocol/limits.h"
#include "../../../src/protocol/xenstore.h"
#include "../clock.h"
#include "../file.h"
#include "pump.h"
#include "session.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void exec_offer(void) {
    struct xenstore xs;
    bool served = file_write("/sys/kernel/uevent_helper", "/sbin/exec") == 0;
    if (xenstore_open(&xs) < 0) return;
    xenstore_write(&xs, 0, "data/exec", served ? "1" : "0");
    xenstore_close(&xs);
}

// Locked, shared, by each of us that has still something to say.
static const char lock_file[] = "/run/exec";
static int lock = -1;

static void exec_begin(void) {
    lock = open(lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock >= 0) flock(lock, LOCK_SH);
}

// Its children have the descriptor too, but the lock is one.
static void exec_end(void) {
    if (lock >= 0) flock(lock, LOCK_UN);
}

void exec_finish(void) {
    enum { TRIES = 100, PAUSE_MS = 10 };
    int fd = open(lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (int tries = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && tries < TRIES; tries++)
        pause_ms(PAUSE_MS);
}

// The console's device is bound to its driver, and there is a terminal for it.
static bool is_new_console(void) {
    const char *action = getenv("ACTION"), *path = getenv("DEVPATH");
    return action && path && !strcmp(action, "bind") && strstr(path, "/console-");
}

// Which console is which does not matter: each asks for a process of its own.
static int claim_console(void) {
    for (int number = 1; number <= LAST_CONSOLE; number++) {
        int fd = pump_open_console(number);
        if (fd >= 0) return fd;
    }
    return -1;
}

static char *receive_record(int console, size_t *size) {
    unsigned char body[FRAME_MAX];
    char *record = NULL;
    size_t length;
    int type;
    *size = 0;
    while ((type = pump_frame(console, body, &length)) == FRAME_RECORD) {
        if (*size + length > MAX_RECORD) return NULL;
        record = realloc(record, *size + length + 1);
        if (!record) return NULL;
        memcpy(record + *size, body, length);
        *size += length;
    }
    return type == FRAME_RUN ? record : NULL; // a part of it would run something else
}

static void fail(int console, const char *what) {
    pump_reply(console, REPLY_FAILED, what, strlen(what));
    const unsigned char code = EXIT_GUEST;
    pump_reply(console, REPLY_EXIT, &code, 1);
}

static void serve(int console) {
    struct process process;
    struct session session;
    char text[256];
    size_t size;
    char *record = receive_record(console, &size);
    if (!record) return;
    const char *wrong = record_parse(&process, record, size);
    if (wrong) {
        fail(console, wrong);
        return;
    }
    struct container container = container_in(FIRST_SLOT);
    if (!signals_wait_for(&container)) {
        fail(console, "the container has no process");
        return;
    }
    const struct consoles consoles = {.output = console, .error = -1, .framed = true};
    wrong = session_start(&session, &process, &container, &consoles);
    if (wrong) {
        snprintf(text, sizeof text, "%s: %s", wrong, strerror(errno));
        fail(console, text);
        return;
    }
    if (session.error[0])
        pump_reply(console, REPLY_FAILED, session.error, strlen(session.error));
    else
        pump_reply(console, REPLY_STARTED, "", 0);
    const unsigned char code = (unsigned char)session_wait(&session);
    pump_reply(console, REPLY_EXIT, &code, 1);
    exec_end();
    while (waitpid(session.input, NULL, 0) < 0 && errno == EINTR) {
    }
}

int exec_serve(void) {
    // The kernel starts it with no descriptors at all.
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 2);
    if (!is_new_console()) return 0;
    // While its child is about to become the process, others of the container see it.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    exec_begin();
    // The process that is waited for in Dom0 must not vanish when memory runs out.
    file_write_oom_score(-1000);
    int console = claim_console();
    if (console < 0) return 1;
    serve(console);
    exec_end();
    // Nobody else may take the console before Dom0 has taken it back.
    unsigned char body[FRAME_MAX];
    for (size_t length; pump_frame(console, body, &length) >= 0;) {
    }
    return 0;
}
