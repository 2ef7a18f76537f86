#define _GNU_SOURCE
#include "session.h"
#include "../../../src/protocol/descriptor.h"
#include "../../../src/protocol/frame.h"
#include "../../../src/protocol/read_full.h"
#include "../container/container.h"
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNAL_BASE = 128 };

static pid_t start_new(const struct process *process, const struct child_fds *fds) {
    long child =
        syscall(SYS_clone, SIGCHLD | CLONE_NEWNS | (process->namespaces & ~(unsigned)CLONE_NEWUSER),
                0, 0, 0, 0);
    if (child == 0) container_exec(process, fds);
    return (pid_t)child;
}

static pid_t start_added(const struct process *process, const struct child_fds *fds,
                         pid_t container) {
    int pidfd = (int)syscall(SYS_pidfd_open, container, 0);
    int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    // A pid namespace holds the children of who enters it, and the pumps are to stay out.
    if (pidfd < 0 || own < 0 || setns(pidfd, CLONE_NEWPID) < 0) return -1;
    pid_t child = fork();
    if (child == 0) container_join(process, fds, pidfd);
    if (setns(own, CLONE_NEWPID) < 0) return -1;
    close(own);
    close(pidfd);
    return child;
}

static int pipe_at(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

// Reads what the child says of a failure until its end of the pipe closes: at execve.
static void read_error(int fd, char *text, size_t size) {
    ssize_t length = read_full(fd, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    close(fd);
}

const char *session_start(struct session *session, const struct process *process, int console,
                          int console2, pid_t container) {
    const bool framed = console2 < 0;
    const int out_reply = framed ? REPLY_OUTPUT : 0, error_reply = framed ? REPLY_ERROR : 0;
    int error[2], in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1}, go[2] = {-1, -1};
    int passed[2] = {-1, -1};
    struct pump_input input = {.console = console, .terminal = process->terminal, .framed = framed};
    *session = (struct session){0};
    if (pipe_at(error) < 0) return "pipe";
    struct child_fds child = {.error = error[1]};
    if (process->terminal) {
        if (pipe_at(go) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, passed) < 0)
            return "socketpair";
        child.terminal = passed[1];
        child.go = go[0];
        child.waker = go[1];
    } else {
        if (pipe_at(in) < 0 || pipe_at(out) < 0 || pipe_at(err) < 0) return "pipe";
        child.stdio[0] = in[0];
        child.stdio[1] = out[1];
        child.stdio[2] = err[1];
    }
    session->process =
        container ? start_added(process, &child, container) : start_new(process, &child);
    if (session->process < 0) return container ? "joining the container" : "creating namespaces";
    input.process = session->process;
    input.go = go[1];
    close(error[1]);
    if (process->terminal) {
        close(passed[1]);
        close(go[0]);
        input.to = descriptor_receive(passed[0]);
        close(passed[0]);
        const int close_first[] = {go[1], -1};
        if (input.to >= 0)
            session->outputs[0] = pump_output(input.to, console, out_reply, close_first);
    } else {
        close(in[0]);
        close(out[1]);
        close(err[1]);
        input.to = in[1];
        const int close_out[] = {in[1], err[0], -1}, close_err[] = {in[1], out[0], -1};
        session->outputs[0] = pump_output(out[0], console, out_reply, close_out);
        session->outputs[1] =
            pump_output(err[0], framed ? console : console2, error_reply, close_err);
        close(out[0]);
        close(err[0]);
    }
    input.outputs[0] = session->outputs[0];
    input.outputs[1] = session->outputs[1];
    session->input = pump_input(&input);
    if (session->outputs[0] < 0 || session->outputs[1] < 0 || session->input < 0) {
        kill(session->process, SIGKILL);
        return "fork";
    }
    if (input.to >= 0) close(input.to);
    if (go[1] >= 0) close(go[1]);
    read_error(error[0], session->error, sizeof session->error);
    return NULL;
}

int session_wait(struct session *session) {
    int status;
    for (pid_t ended; (ended = wait(&status)) != session->process;) {
        if (ended < 0 && errno != EINTR) return EXIT_GUEST;
        for (int i = 0; i < 2; i++)
            if (ended == session->outputs[i]) session->outputs[i] = 0;
    }
    for (int i = 0; i < 2; i++) pump_finish(session->outputs[i]);
    return WIFSIGNALED(status) ? SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}
