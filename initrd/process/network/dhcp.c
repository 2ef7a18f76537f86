#define _GNU_SOURCE
#include "dhcp.h"
#include "../../../src/protocol/clock.h"
#include "../../../src/protocol/limits.h"
#include "../containers.h"
#include "../file.h"
#include "../record.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_SECONDS = 30, MAX_CLIENTS = 32 };

#define STATE "/run/dhcp" // a directory of initrd/dhcp's for each link

static struct client {
    char name[IF_NAMESIZE];
    pid_t pid; // of what ends when there is a lease
} clients[MAX_CLIENTS];
static struct pollfd ends[MAX_CLIENTS]; // their pidfds; -1: it has ended
static nfds_t count;

// Dom0's and the container's consoles are not for it, and it must outlive a container
// that takes all memory.
static void prepare(void) {
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
    if (null > 2) close(null);
    file_write_oom_score(-1000);
}

// The container's hostname as the client takes it; NULL if it has none that DHCP can tell.
static const char *hostname_option(void) {
    static char option[sizeof "hostname:" + 253];
    const struct container container = container_in(FIRST_SLOT);
    struct process process;
    if (record_load(&process, container.record) || !process.hostname) return NULL;
    for (const char *c = process.hostname; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-.", *c)) return NULL;
    int length = snprintf(option, sizeof option, "hostname:%s", process.hostname);
    return length < (int)sizeof option ? option : NULL;
}

static _Noreturn void become_client(const char *name) {
    // Without an end it asks every two seconds; it goes to the background with a lease.
    const char *args[24] = {"udhcpc", "-i", name, "-s",     "/sbin/dhcp", "-t",           "0",
                            "-T",     "2",  "-O", "search", "-O",         "staticroutes", "-O",
                            "routes", "-O", "mtu"};
    const char *hostname = hostname_option();
    if (hostname) {
        args[17] = "-x";
        args[18] = hostname;
    }
    prepare();
    execv("/bin/busybox", (char *const *)args);
    _exit(127);
}

int dhcp_start(const char *name) {
    char directory[sizeof STATE + IF_NAMESIZE];
    if (if_nametoindex(name) == 0) return -ENODEV;
    for (nfds_t i = 0; i < count; i++)
        if (!strcmp(clients[i].name, name)) return 0;
    if (count == MAX_CLIENTS) return -EMFILE;
    snprintf(directory, sizeof directory, STATE "/%s", name);
    if ((mkdir(STATE, 0755) < 0 && errno != EEXIST) ||
        (mkdir(directory, 0755) < 0 && errno != EEXIST))
        return -errno;
    struct client *client = &clients[count];
    client->pid = fork();
    if (client->pid == 0) become_client(name);
    if (client->pid < 0) return -errno;
    int pidfd = (int)syscall(SYS_pidfd_open, client->pid, 0);
    if (pidfd < 0) return -errno;
    snprintf(client->name, sizeof client->name, "%s", name);
    ends[count++] = (struct pollfd){.fd = pidfd, .events = POLLIN};
    return 0;
}

// What runx-process had to say when initrd/dhcp called it.
static const char *read_error(const char *name) {
    static char error[256];
    char path[sizeof STATE "/error" + IF_NAMESIZE];
    snprintf(path, sizeof path, STATE "/%.15s/error", name);
    file_read(path, error, sizeof error);
    error[strcspn(error, "\n")] = '\0';
    return *error ? error : NULL;
}

static const char *end_of(const struct client *client) {
    static char error[64];
    int status = 0;
    waitpid(client->pid, &status, 0);
    if (status == 0) return read_error(client->name);
    snprintf(error, sizeof error, "network: dhcp %.15s: the client failed", client->name);
    return error;
}

static const char *no_answer(void) {
    static char error[64];
    for (nfds_t i = 0; i < count; i++) {
        if (ends[i].fd < 0) continue;
        kill(clients[i].pid, SIGKILL);
        waitpid(clients[i].pid, NULL, 0);
        snprintf(error, sizeof error, "network: no DHCP server answered on %.15s", clients[i].name);
    }
    return error;
}

const char *dhcp_wait(void) {
    const long long deadline = now_ms() + DEADLINE_SECONDS * 1000;
    for (;;) {
        nfds_t waiting = 0;
        for (nfds_t i = 0; i < count; i++) waiting += ends[i].fd >= 0;
        if (waiting == 0) return NULL;
        long long left = deadline - now_ms();
        if (left <= 0) return no_answer();
        if (poll(ends, count, (int)left) <= 0) continue;
        for (nfds_t i = 0; i < count; i++) {
            if (ends[i].fd < 0 || !ends[i].revents) continue;
            const char *wrong = end_of(&clients[i]);
            if (wrong) return wrong;
            close(ends[i].fd);
            ends[i].fd = -1;
        }
    }
}
