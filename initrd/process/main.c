// runx-process: starts the container's process in the guest, waits for it, and
// tells Dom0 how it ended.  initrd/init executes it as the guest's process 1.
#define _GNU_SOURCE
#include "../../src/monitor/xenstore.h"
#include "container.h"
#include "pump.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_GUEST = 125, SIGNAL_BASE = 128 };

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

static int receive_descriptor(int socket) {
    char byte;
    struct iovec bytes = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS) return -1;
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

static void make_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) < 0) fail("pipe");
}

static pid_t start(const struct process *process, const struct child_fds *fds) {
    long child = syscall(SYS_clone,
                         SIGCHLD | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                             CLONE_NEWCGROUP,
                         0, 0, 0, 0);
    if (child < 0) fail("creating namespaces");
    if (child == 0) container_exec(process, fds);
    return (pid_t)child;
}

// Waits for the process, reaping whatever else ends.
static int wait_for(pid_t process) {
    int status;
    for (pid_t ended; (ended = wait(&status)) != process;)
        if (ended < 0 && errno != EINTR) fail("wait");
    return WIFSIGNALED(status) ? SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}

static _Noreturn void run(void) {
    struct process process;
    const char *wrong = process_load(&process, "/runx/process");
    if (wrong) {
        errno = 0;
        finish(EXIT_GUEST, wrong);
    }
    int error[2], console = pump_open_console(1), pumps[2] = {-1, -1};
    if (console < 0) fail("opening console 1");
    make_pipe(error);
    struct child_fds child = {.error = error[1]};
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    int go[2] = {-1, -1}, passed[2] = {-1, -1};
    if (process.terminal) {
        make_pipe(go);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, passed) < 0) fail("socketpair");
        child.terminal = passed[1];
        child.go = go[0];
    } else {
        make_pipe(in);
        make_pipe(out);
        make_pipe(err);
        child.stdio[0] = in[0];
        child.stdio[1] = out[1];
        child.stdio[2] = err[1];
    }
    pid_t pid = start(&process, &child);
    close(error[1]);
    if (process.terminal) {
        close(passed[1]);
        close(go[0]);
        int master = receive_descriptor(passed[0]);
        const int close_first[] = {go[1], -1};
        if (master >= 0) {
            pumps[0] = pump_output(master, console, close_first);
            pump_input(console, master, true, go[1], pumps);
            close(master);
        }
        close(go[1]);
    } else {
        int console2 = pump_open_console(2);
        if (console2 < 0) fail("opening console 2");
        close(in[0]);
        close(out[1]);
        close(err[1]);
        const int close_out[] = {in[1], err[0], -1}, close_err[] = {in[1], out[0], -1};
        pumps[0] = pump_output(out[0], console, close_out);
        pumps[1] = pump_output(err[0], console2, close_err);
        close(out[0]);
        close(err[0]);
        pump_input(console, in[1], false, -1, pumps);
        close(in[1]);
    }
    char text[256];
    size_t length = 0;
    for (ssize_t n; length < sizeof text - 1 &&
                    (n = read(error[0], text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)n;
    text[length] = '\0';
    if (length == 0) signals_publish(pid);
    int status = wait_for(pid);
    for (int i = 0; i < 2; i++)
        if (pumps[i] > 0) waitpid(pumps[i], NULL, 0);
    finish(status, text);
}

int main(int argc, char **argv) {
    const char *slash = strrchr(argv[0], '/');
    if (!strcmp(slash ? slash + 1 : argv[0], "poweroff")) return signals_deliver();
    if (argc == 2 && !strcmp(argv[1], "run")) run();
    if (argc == 3 && !strcmp(argv[1], "fail")) finish(EXIT_GUEST, argv[2]);
    fputs("usage: runx-process run | fail MESSAGE\n", stderr);
    return 2;
}
