#define _GNU_SOURCE
#include "keeper.h"
#include "../backend/device.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// A request is a line that begins with one of these, the answer one byte.
enum request {
    REQUEST_NAME = 'N', // followed by the number and the name
    REQUEST_STATE = 'S',
    REQUEST_DESTROY = 'D',
};

enum { DONE = 'd' };

// The answer, or `otherwise` if the keeper is gone.
static char ask(int keeper, char otherwise) {
    char answer = otherwise;
    while (read(keeper, &answer, 1) < 0 && errno == EINTR) {
    }
    return answer;
}

void keeper_name(int keeper, const struct domain *domain) {
    dprintf(keeper, "%c%u %s\n", REQUEST_NAME, domain->id, domain->name);
    ask(keeper, DONE);
}

enum domain_state keeper_state(int keeper) {
    dprintf(keeper, "%c\n", REQUEST_STATE);
    return (enum domain_state)ask(keeper, DOMAIN_RUNNING);
}

void keeper_destroy(int keeper) {
    dprintf(keeper, "%c\n", REQUEST_DESTROY);
    ask(keeper, DONE);
}

struct keeper {
    const char *xl;
    struct domain domain;
};

enum { XL_SECONDS = 120 };

static const int ignored_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};

static void set_signals(void (*handler)(int)) {
    for (size_t i = 0; i < sizeof ignored_signals / sizeof *ignored_signals; i++)
        signal(ignored_signals[i], handler);
}

// Keeps the beginning of what comes, NUL-terminated.
static void read_output(int fd, char *output, size_t size) {
    size_t length = 0;
    char dropped[512];
    for (;;) {
        bool keep = length + 1 < size;
        ssize_t n =
            read(fd, keep ? output + length : dropped, keep ? size - length - 1 : sizeof dropped);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (keep) length += (size_t)n;
    }
    output[length] = '\0';
}

// Runs xl on the domain, with its standard output in `output`.  Its exit code, or -1 when it
// could not be run or had to be ended.
static int run_xl(const struct keeper *keeper, const char *command, char *output, size_t size) {
    int pipes[2], status;
    if (pipe2(pipes, O_CLOEXEC) < 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], 1);
        set_signals(SIG_DFL);
        alarm(XL_SECONDS); // which execl(3) keeps
        execl(keeper->xl, "xl", command, keeper->domain.name, (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    read_output(pipes[0], output, size);
    close(pipes[0]);
    if (child < 0 || waitpid(child, &status, 0) < 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum domain_state state_of_letters(const char *letters) {
    if (letters[5] == 'd') return DOMAIN_GONE;
    if (letters[3] != 's') return DOMAIN_RUNNING;
    switch (letters[4]) {
    case '-':
        return DOMAIN_POWERED_OFF;
    case 'r':
        return DOMAIN_REBOOTED;
    case 's':
        return DOMAIN_SUSPENDED;
    case 'c':
        return DOMAIN_CRASHED;
    case 'w':
        return DOMAIN_ENDED_BY_WATCHDOG;
    default:
        return DOMAIN_ENDED;
    }
}

// `xl list` has a header, then a line whose last but one word has a letter or a dash for each
// state; the fourth is s when the domain has shut down, the fifth then the reason, the sixth
// d when it is dying.
static enum domain_state find_state(const struct keeper *keeper) {
    char output[1024], *rest, *last = NULL, *letters = NULL;
    int rc = run_xl(keeper, "list", output, sizeof output);
    // An xl that could not be run says nothing, and the domain was there just now.
    if (rc != 0) return rc < 0 || rc == 127 ? DOMAIN_RUNNING : DOMAIN_GONE;
    char *line = strchr(output, '\n');
    for (char *word = strtok_r(line ? line : output, " \t\n", &rest); word;
         word = strtok_r(NULL, " \t\n", &rest)) {
        letters = last;
        last = word;
    }
    return letters && strlen(letters) == 6 ? state_of_letters(letters) : DOMAIN_RUNNING;
}

// Tells `runx delete`, which looks in the state directory, that nothing is left to destroy.
static void leave_mark(void) {
    int fd = open("destroyed", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) close(fd);
}

static void destroy(struct keeper *keeper) {
    struct xenstore xs;
    char output[64];
    if (run_xl(keeper, "destroy", output, sizeof output) == 0) leave_mark();
    keeper->domain.name[0] = '\0';
    if (keeper->domain.id == 0 || xenstore_open(&xs) < 0) return;
    device_withdraw_all(&xs, keeper->domain.id);
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

// It goes when the owner goes, and not before.
static void ignore_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    set_signals(SIG_IGN);
}

_Noreturn void keeper_run(const char *xl, int owner) {
    struct keeper keeper = {.xl = xl};
    char line[DOMAIN_NAME_MAX + 16];
    ignore_signals();
    while (read_line(owner, line, sizeof line)) {
        char answer = DONE;
        switch ((enum request)line[0]) {
        case REQUEST_NAME:
            sscanf(line + 1, "%u %127s", &keeper.domain.id, keeper.domain.name);
            break;
        case REQUEST_STATE:
            answer = (char)find_state(&keeper);
            break;
        case REQUEST_DESTROY:
            destroy(&keeper);
            break;
        }
        if (write(owner, &answer, 1) != 1) break;
    }
    if (keeper.domain.name[0] != '\0') destroy(&keeper); // the owner died before its domain
    _exit(0);
}
