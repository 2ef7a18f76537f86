#define _GNU_SOURCE
#include "session.h"
#include "../../../src/protocol/descriptor.h"
#include "../../../src/protocol/frame.h"
#include "../../../src/protocol/limits.h"
#include "../../../src/protocol/read_full.h"
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNAL_BASE = 128 };

// Both ends of what joins us to the process; -1 for what it does not have.
struct ends {
    int error[2]; // why there is no process
    int in[2], out[2], err[2];
    int passed[2]; // the master of its terminal comes
    int gate[2];   // it may go on
};

static pid_t start_first(const struct process *process, const struct container *container,
                         const struct child_fds *fds) {
    long child =
        syscall(SYS_clone, SIGCHLD | CLONE_NEWNS | (process->namespaces & ~(unsigned)CLONE_NEWUSER),
                0, 0, 0, 0);
    if (child == 0) container_exec(process, container, fds);
    return (pid_t)child;
}

static pid_t start_added(const struct process *process, const struct container *container,
                         const struct child_fds *fds) {
    int pidfd = (int)syscall(SYS_pidfd_open, container->init, 0);
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

static int open_sockets(int pair[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

// Opens the pipes or the sockets; `child` has its ends.  What has failed, or NULL.
static const char *open_ends(struct ends *e, bool terminal, bool waits, struct child_fds *child) {
    *e = (struct ends){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(e->error, O_CLOEXEC) < 0) return "pipe";
    if (waits && open_sockets(e->gate) < 0) return "socketpair";
    *child = (struct child_fds){.error = e->error[1], .gate = e->gate[0], .keeper = e->gate[1]};
    if (terminal) {
        if (open_sockets(e->passed) < 0) return "socketpair";
        child->terminal = e->passed[1];
        return NULL;
    }
    if (pipe2(e->in, O_CLOEXEC) < 0 || pipe2(e->out, O_CLOEXEC) < 0 || pipe2(e->err, O_CLOEXEC) < 0)
        return "pipe";
    child->stdio[0] = e->in[0];
    child->stdio[1] = e->out[1];
    child->stdio[2] = e->err[1];
    return NULL;
}

// Starts the pump of a terminal's output; its master comes back, or -1.
static int pump_terminal(struct session *session, struct ends *e) {
    const struct consoles *consoles = &session->consoles;
    close(e->passed[1]);
    int master = descriptor_receive(e->passed[0]);
    close(e->passed[0]);
    const int close_first[] = {e->gate[1], -1};
    if (master >= 0)
        session->outputs[0] =
            pump_output(master, consoles->output, consoles->framed ? REPLY_OUTPUT : 0, close_first);
    return master;
}

// Starts the pumps of two outputs; the input comes back.
static int pump_pipes(struct session *session, struct ends *e) {
    const struct consoles *consoles = &session->consoles;
    close(e->in[0]);
    close(e->out[1]);
    close(e->err[1]);
    const int close_out[] = {e->in[1], e->err[0], e->gate[1], -1};
    const int close_err[] = {e->in[1], e->out[0], e->gate[1], -1};
    session->outputs[0] =
        pump_output(e->out[0], consoles->output, consoles->framed ? REPLY_OUTPUT : 0, close_out);
    session->outputs[1] =
        pump_output(e->err[0], consoles->framed ? consoles->output : consoles->error,
                    consoles->framed ? REPLY_ERROR : 0, close_err);
    close(e->out[0]);
    close(e->err[0]);
    return e->in[1];
}

const char *session_start(struct session *session, const struct process *process,
                          const struct container *container, const struct consoles *consoles) {
    struct ends ends;
    struct child_fds child;
    const bool first = container->init == 0;
    *session = (struct session){.terminal = process->terminal, .consoles = *consoles};
    const char *failed = open_ends(&ends, process->terminal, first || process->terminal, &child);
    if (failed) return failed;
    session->process =
        first ? start_first(process, container, &child) : start_added(process, container, &child);
    if (session->process < 0) return first ? "creating namespaces" : "joining the container";
    close(ends.error[1]);
    if (ends.gate[0] >= 0) close(ends.gate[0]);
    session->gate = ends.gate[1];
    session->errors = ends.error[0];
    session->to = process->terminal ? pump_terminal(session, &ends) : pump_pipes(session, &ends);
    if (session->outputs[0] >= 0 && session->outputs[1] >= 0) return NULL;
    kill(session->process, SIGKILL);
    return "fork";
}

bool session_arrives(struct session *session) {
    char byte;
    return read_full(session->gate, &byte, 1) == 1;
}

const char *session_hold(struct session *session, const char *(*network)(void)) {
    const int console = session->consoles.output;
    unsigned char body[FRAME_MAX];
    for (size_t length;;) {
        struct pollfd fds[] = {{.fd = console, .events = POLLIN}, {.fd = session->errors}};
        if (poll(fds, 2, -1) < 0) continue;
        if (fds[1].revents) return NULL; // it has ended
        const char *wrong = NULL;
        switch (pump_frame(console, body, &length)) {
        case FRAME_WINDOW:
            if (session->terminal) pump_set_window(session->to, body, length);
            break;
        case FRAME_NETWORK:
            wrong = network();
            break;
        case FRAME_RUN:
            return NULL;
        case -1:
            return "the console has hung up";
        default:
            break;
        }
        if (wrong) return wrong;
    }
}

// Reads what the child says of a failure until its end of the pipe closes: at execve.
static void read_error(int fd, char *text, size_t size) {
    ssize_t length = read_full(fd, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    close(fd);
}

const char *session_run(struct session *session, enum gate gate) {
    const bool framed = session->consoles.framed;
    // The input pump opens the gate of an added process, because the window's size comes there.
    const struct pump_input input = {.console = session->consoles.output,
                                     .to = session->to,
                                     .terminal = session->terminal,
                                     .framed = framed,
                                     .gate = framed ? session->gate : -1,
                                     .process = session->process,
                                     .outputs = {session->outputs[0], session->outputs[1]}};
    session->input = pump_input(&input);
    if (session->input < 0) {
        kill(session->process, SIGKILL);
        return "fork";
    }
    if (session->to >= 0) close(session->to);
    if (session->gate >= 0 && !framed) (void)!write(session->gate, &(char){(char)gate}, 1);
    if (session->gate >= 0) close(session->gate);
    read_error(session->errors, session->error, sizeof session->error);
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
