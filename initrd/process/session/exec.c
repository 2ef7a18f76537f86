#define _GNU_SOURCE
#include "exec.h"
#include "../../../src/protocol/frame.h"
#include "../../../src/protocol/limits.h"
#include "../../../src/protocol/nodes.h"
#include "../../../src/protocol/number.h"
#include "../../../src/protocol/retry.h"
#include "../../../src/protocol/xenstore.h"
#include "../file.h"
#include "pump.h"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void exec_offer(const struct container *container) {
    struct xenstore xs;
    char path[32];
    bool served = file_write("/sys/kernel/uevent_helper", "/sbin/exec") == 0;
    if (xenstore_open(&xs) < 0) return;
    snprintf(path, sizeof path, NODE_READY, container->slot);
    xenstore_write(&xs, path, served ? "1" : "0");
    xenstore_close(&xs);
}

// Locked, shared, by each of those added to the container that has still something to say.
static int open_lock(const struct container *container) {
    char path[64];
    snprintf(path, sizeof path, "%s/exec", container->directory);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

void exec_finish(const struct container *container) {
    struct retry retry = {.times = 100, .pause_ms = 10};
    int fd = open_lock(container);
    if (fd < 0) return;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0 && retry_later(&retry)) {
    }
    close(fd);
}

// The number of the console that the event is about, once it is bound to its driver and there
// is a terminal for it; 0 for all other events.
static int bound_console(void) {
    static const char prefix[] = "/devices/console-";
    const char *action = getenv("ACTION"), *path = getenv("DEVPATH");
    uint64_t number;
    if (!action || !path || strcmp(action, "bind") != 0) return 0;
    if (strncmp(path, prefix, sizeof prefix - 1) != 0) return 0;
    if (!number_parse(path + sizeof prefix - 1, 10, &number)) return 0;
    return number >= FIRST_ADDED_CONSOLE && number <= LAST_CONSOLE ? (int)number : 0;
}

// A console may follow one of the same number, and who had that may still be about to close it:
// its terminal, which has hung up, would be opened again.
static int claim_console(int number) {
    struct retry retry = {.times = 1000, .pause_ms = 10};
    char path[32];
    snprintf(path, sizeof path, "/run/console-%d", number);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); // until this process has ended
    if (lock < 0) return -1;
    while (flock(lock, LOCK_EX | LOCK_NB) < 0)
        if (!retry_later(&retry)) return -1;
    int fd;
    while ((fd = pump_open_console(number)) < 0 && retry_later(&retry)) {
    }
    return fd;
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

// Starts the process that the console asks for, in the container that it names, and says so there.
static bool start(struct session *session, int console, struct container *container) {
    const struct consoles consoles = {.output = console, .error = -1, .framed = true};
    struct process process;
    char text[256];
    size_t size;
    char *record = receive_record(console, &size);
    const char *wrong = record ? record_parse(&process, record, size) : NULL;
    if (!record) return false;
    if (!wrong) {
        *container = container_in(process.slot);
        if (!container_wait(container)) wrong = "the container has no process";
    }
    if (!wrong && ((wrong = session_start(session, &process, container, &consoles)) ||
                   (wrong = session_run(session, GATE_OPEN)))) {
        snprintf(text, sizeof text, "%s: %s", wrong, strerror(errno));
        wrong = text;
    }
    if (wrong) {
        fail(console, wrong);
        return false;
    }
    if (session->error[0])
        pump_reply(console, REPLY_FAILED, session->error, strlen(session->error));
    else
        pump_reply(console, REPLY_STARTED, "", 0);
    return true;
}

static void serve(int console) {
    struct session session;
    struct container container;
    if (!start(&session, console, &container)) return;
    int lock = open_lock(&container);
    if (lock >= 0) flock(lock, LOCK_SH);
    const unsigned char code = (unsigned char)session_wait(&session);
    pump_reply(console, REPLY_EXIT, &code, 1);
    if (lock >= 0) close(lock);
    while (waitpid(session.input, NULL, 0) < 0 && errno == EINTR) {
    }
}

int exec_serve(void) {
    // The kernel starts it with no descriptors at all.
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 2);
    int number = bound_console();
    if (!number) return 0;
    // While its child is about to become the process, others of the container see it.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    // The process that is waited for in Dom0 must not vanish when memory runs out.
    file_write_oom_score(-1000);
    int console = claim_console(number);
    if (console < 0) return 1;
    serve(console);
    // What was written is there until Dom0 has taken the console back.
    unsigned char body[FRAME_MAX];
    for (size_t length; pump_frame(console, body, &length) >= 0;) {
    }
    close(console);
    return 0;
}
