#define _GNU_SOURCE
#include "hooks.h"
#include "../../../src/protocol/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_EXECUTED = 127 };

// A hook that runs: our ends of its pipes, and what it has said.
struct running {
    pid_t pid;
    int pidfd, input, errors;
    char said[160]; // no more fits the error that Dom0 reads
    size_t length;
};

static _Noreturn void execute(const struct hook *hook, int input, int errors) {
    setsid(); // so that it ends with all that it has started, if it takes too long
    signal(SIGPIPE, SIG_DFL);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (dup2(input, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0) _exit(EXIT_NOT_EXECUTED);
    execve(hook->path, hook->args, hook->env);
    dprintf(2, "fork/exec %s: %s", hook->path, strerror(errno));
    _exit(EXIT_NOT_EXECUTED);
}

static bool start(const struct hook *hook, struct running *run) {
    int input[2], errors[2];
    *run = (struct running){0};
    if (pipe2(input, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0) return false;
    if ((run->pid = fork()) < 0) return false;
    if (run->pid == 0) execute(hook, input[0], errors[1]);
    close(input[0]);
    close(errors[1]);
    run->input = input[1];
    run->errors = errors[0];
    run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
    return run->pidfd >= 0 && fcntl(run->input, F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(run->errors, F_SETFL, O_NONBLOCK) == 0;
}

// Keeps the beginning of what it says; false when nothing is left.
static bool take_errors(struct running *run) {
    char dropped[512];
    size_t room = sizeof run->said - 1 - run->length;
    ssize_t n = room > 0 ? read(run->errors, run->said + run->length, room)
                         : read(run->errors, dropped, sizeof dropped);
    if (n > 0 && room > 0) run->length += (size_t)n;
    return n > 0;
}

// No more than poll(2) takes.
static int remaining_ms(const struct hook *hook, long long start) {
    enum { MOST = 60000 };
    long long seconds = (now_ms() - start) / 1000, rest = hook->timeout_seconds - seconds;
    if (rest > MOST / 1000) return MOST;
    long long remaining = start + hook->timeout_seconds * 1000LL - now_ms();
    return remaining < 0 ? 0 : (int)remaining;
}

// Feeds the hook and waits for its end; false when it took too long.
static bool wait_for(const struct hook *hook, struct running *run, const char *state) {
    const long long start = now_ms();
    size_t left = strlen(state);
    bool in_time = true, open = true;
    for (;;) {
        struct pollfd fds[] = {{.fd = run->pidfd, .events = POLLIN},
                               {.fd = open ? run->errors : -1, .events = POLLIN},
                               {.fd = run->input, .events = POLLOUT}};
        const bool timed = in_time && hook->timeout_seconds > 0;
        if (poll(fds, sizeof fds / sizeof *fds, timed ? remaining_ms(hook, start) : -1) < 0 &&
            errno != EINTR)
            return in_time;
        if (fds[0].revents) return in_time;
        if (fds[1].revents) open = take_errors(run);
        if (fds[2].revents) {
            ssize_t n = write(run->input, state, left);
            if (n > 0) {
                state += n;
                left -= (size_t)n;
            }
            if (left == 0 || (n < 0 && errno != EAGAIN)) { // it may not want to know
                close(run->input);
                run->input = -1;
            }
        }
        if (timed && remaining_ms(hook, start) == 0) {
            kill(-run->pid, SIGKILL);
            kill(run->pid, SIGKILL); // it may not lead a group yet
            in_time = false;
        }
    }
}

static const char *run_hook(const struct hook *hook, size_t index, const char *state) {
    static char error[256];
    struct running run;
    int status;
    int size = snprintf(error, sizeof error, "error running startContainer hook #%zu: ", index);
    char *how = error + size;
    size_t room = sizeof error - (size_t)size;
    if (!start(hook, &run)) {
        snprintf(how, room, "%s", strerror(errno));
        return error;
    }
    bool in_time = wait_for(hook, &run, state);
    // One that it has left behind may write on.
    for (int rest = 0; rest < 64 && take_errors(&run);) rest++;
    while (waitpid(run.pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(run.pidfd);
    close(run.errors);
    if (run.input >= 0) close(run.input);
    while (run.length > 0 && (unsigned char)run.said[run.length - 1] <= ' ') run.length--;
    run.said[run.length] = '\0';
    for (char *c = run.said; *c; c++)
        if (*c == '\n') *c = ' ';
    if (!in_time)
        snprintf(how, room, "hook ran past specified timeout of %ld.0s", hook->timeout_seconds);
    else if (WIFSIGNALED(status))
        snprintf(how, room, "signal: %s, stdout: , stderr: %s", strsignal(WTERMSIG(status)),
                 run.said);
    else if (WEXITSTATUS(status) != 0)
        snprintf(how, room, "exit status %d, stdout: , stderr: %s", WEXITSTATUS(status), run.said);
    else
        return NULL;
    return error;
}

const char *hooks_run(const struct hooks *hooks) {
    const char *failed = NULL;
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < hooks->count && !failed; i++)
        failed = run_hook(&hooks->list[i], i, hooks->state ? hooks->state : "{}");
    signal(SIGPIPE, SIG_DFL);
    return failed;
}
