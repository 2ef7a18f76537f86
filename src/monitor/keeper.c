#define _GNU_SOURCE
#include "../backend/device.h"
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME_MAX_LENGTH = 128 };

// Runs xl; its standard output, NUL-terminated, in `output` if there is one.
// Returns its exit code, or -1 when it could not be run.
static int run_xl(const struct options *options, const char *command, const char *domain,
                  char *output, size_t size) {
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) < 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], 1);
        execl(options->xl, "xl", command, domain, (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    size_t length = 0;
    char dropped[512];
    for (;;) {
        bool keep = output && length + 1 < size;
        ssize_t n = read(pipes[0], keep ? output + length : dropped,
                         keep ? size - length - 1 : sizeof dropped);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (keep) length += (size_t)n;
    }
    if (output) output[length] = '\0';
    close(pipes[0]);
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The domain's state from `xl list`: a header, then a line whose last but one word has
// a letter or a dash for each state; the fourth is s when it has shut down, the fifth
// then the reason, the sixth d when it is dying.
static enum answer domain_state(const struct options *options, const char *domain) {
    char output[1024], *last = NULL, *word, *rest;
    int rc = run_xl(options, "list", domain, output, sizeof output);
    // An xl that could not be run says nothing, and the domain was there just now.
    if (rc != 0) return rc < 0 || rc == 127 ? ANSWER_RUNNING : ANSWER_GONE;
    char *line = strchr(output, '\n');
    char *state = NULL;
    for (word = strtok_r(line ? line : output, " \t\n", &rest); word;
         word = strtok_r(NULL, " \t\n", &rest)) {
        state = last;
        last = word;
    }
    if (!state || strlen(state) != 6) return ANSWER_RUNNING;
    if (state[5] == 'd') return ANSWER_GONE;
    if (state[3] != 's') return ANSWER_RUNNING;
    switch (state[4]) {
    case '-':
        return ANSWER_ENDED;
    case 'r':
        return ANSWER_REBOOTED;
    case 's':
        return ANSWER_SUSPENDED;
    case 'c':
        return ANSWER_CRASHED;
    case 'w':
        return ANSWER_WATCHDOG;
    default:
        return ANSWER_UNKNOWN;
    }
}

static void destroy(const struct options *options, unsigned domid, const char *domain) {
    struct xenstore xs;
    run_xl(options, "destroy", domain, NULL, 0);
    if (domid == 0 || xenstore_open(&xs) < 0) return;
    device_withdraw_all(&xs, domid);
    xenstore_close(&xs);
}

// Reads a line without its end; false at the end of the stream.
static bool read_line(int fd, char *line, size_t size) {
    size_t length = 0;
    for (char byte; read(fd, &byte, 1) == 1;) {
        if (byte == '\n') {
            line[length] = '\0';
            return true;
        }
        if (length < size - 1) line[length++] = byte;
    }
    return false;
}

_Noreturn void guardian_run(const struct options *options, int monitor) {
    char line[NAME_MAX_LENGTH + 16], domain[NAME_MAX_LENGTH] = "";
    unsigned domid = 0;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    // It goes when the monitor goes, and not before.
    const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);

    while (read_line(monitor, line, sizeof line)) {
        char answer = ANSWER_DONE;
        switch ((enum request)line[0]) {
        case REQUEST_NAME:
            sscanf(line + 1, "%u %127s", &domid, domain);
            break;
        case REQUEST_STATE:
            answer = (char)domain_state(options, domain);
            break;
        case REQUEST_DESTROY:
            destroy(options, domid, domain);
            domain[0] = '\0';
            break;
        }
        if (write(monitor, &answer, 1) != 1) break;
    }
    if (domain[0] != '\0') destroy(options, domid, domain); // the monitor died before its domain
    _exit(0);
}
