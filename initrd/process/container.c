#define _GNU_SOURCE
#include "container.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_SETUP = 1, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127, LAST_CAPABILITY = 63 };

static int error_fd;

static _Noreturn void fail(int code, const char *what) {
    dprintf(error_fd, "%s: %s", what, strerror(errno));
    _exit(code);
}

static void check(const char *failed) {
    if (failed) fail(EXIT_SETUP, failed);
}

static void send_descriptor(int socket, int fd) {
    char byte = 0;
    struct iovec bytes = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(socket, &message, 0) < 0) fail(EXIT_SETUP, "passing the terminal");
}

// A pseudoterminal of the container's own devpts as 0, 1, 2 and /dev/console.
static void open_terminal(const struct process *process, const struct child_fds *fds) {
    char name[64], byte;
    int unlock = 0;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
        fail(EXIT_SETUP, "opening a pseudoterminal");
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    if (slave < 0 || ttyname_r(slave, name, sizeof name) != 0)
        fail(EXIT_SETUP, "opening the terminal");
    if (fchown(slave, process->uid, (gid_t)-1) < 0) fail(EXIT_SETUP, "giving the terminal away");
    int console = open("/dev/console", O_CREAT | O_RDONLY | O_CLOEXEC, 0600);
    if (console < 0 || mount(name, "/dev/console", NULL, MS_BIND, NULL) < 0)
        fail(EXIT_SETUP, "mounting /dev/console");
    close(console);
    send_descriptor(fds->terminal, master);
    while (read(fds->go, &byte, 1) < 0 && errno == EINTR) {
    }
    if (ioctl(slave, TIOCSCTTY, 0) < 0) fail(EXIT_SETUP, "taking the terminal");
    for (int fd = 0; fd <= 2; fd++) dup2(slave, fd);
    close(slave);
    close(master);
}

static void set_rlimits(const struct process *process) {
    for (size_t i = 0; i < process->rlimit_count; i++)
        if (setrlimit(process->rlimits[i].resource, &process->rlimits[i].limit) < 0)
            fail(EXIT_SETUP, "setting a resource limit");
}

static void set_oom_score(const char *score) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, score, strlen(score)) < 0) fail(EXIT_SETUP, "setting oom_score_adj");
    close(fd);
}

// User, groups and capability sets, in the order in which the kernel lets them go.
static void set_credentials(const struct process *process) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    for (unsigned capability = 0; capability <= LAST_CAPABILITY; capability++)
        if (!(process->bounding >> capability & 1) &&
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL)
            fail(EXIT_SETUP, "dropping capabilities");
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) fail(EXIT_SETUP, "keeping capabilities");
    if (setgroups(process->group_count, process->groups) < 0 || setgid(process->gid) < 0 ||
        setuid(process->uid) < 0)
        fail(EXIT_SETUP, "setting user and groups");
    for (unsigned i = 0; i < 2; i++) {
        data[i].effective = (uint32_t)(process->effective >> 32 * i);
        data[i].permitted = (uint32_t)(process->permitted >> 32 * i);
        data[i].inheritable = (uint32_t)(process->inheritable >> 32 * i);
    }
    if (syscall(SYS_capset, &header, data) < 0) fail(EXIT_SETUP, "setting capabilities");
    for (unsigned capability = 0; capability <= LAST_CAPABILITY; capability++)
        if (process->ambient >> capability & 1 &&
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
            fail(EXIT_SETUP, "raising ambient capabilities");
}

static const char *find_variable(char **env, const char *name) {
    size_t length = strlen(name);
    for (; *env; env++)
        if (!strncmp(*env, name, length) && (*env)[length] == '=') return *env + length + 1;
    return NULL;
}

// execve with a search on the container's own PATH.
static _Noreturn void run(const struct process *process) {
    const char *name = process->args[0];
    int error = ENOENT;
    char path[4096];
    if (strchr(name, '/')) {
        execve(name, process->args, process->env);
        error = errno;
    } else {
        const char *search = find_variable(process->env, "PATH");
        if (!search) search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        for (;;) {
            size_t length = strcspn(search, ":");
            int size = snprintf(path, sizeof path, "%.*s%s%s", (int)length, search,
                                length ? "/" : "./", name);
            if (size > 0 && (size_t)size < sizeof path) {
                execve(path, process->args, process->env);
                if (errno != ENOENT && errno != ENOTDIR) error = errno;
            }
            if (search[length] == '\0') break;
            search += length + 1;
        }
    }
    errno = error;
    snprintf(path, sizeof path, "exec: \"%.1024s\"", name);
    fail(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, path);
}

_Noreturn void container_exec(const struct process *process, const struct child_fds *fds) {
    error_fd = fds->error;
    setsid();
    umask(0);
    check(mounts_enter_rootfs());
    check(mounts_apply(process));
    check(mounts_make_devices(process));
    umask(022);
    if (process->hostname && sethostname(process->hostname, strlen(process->hostname)) < 0)
        fail(EXIT_SETUP, "setting the hostname");
    if (process->domainname && setdomainname(process->domainname, strlen(process->domainname)) < 0)
        fail(EXIT_SETUP, "setting the domain name");
    if (process->terminal)
        open_terminal(process, fds);
    else
        for (int fd = 0; fd <= 2; fd++) dup2(fds->stdio[fd], fd);
    if (process->oom_score_adj) set_oom_score(process->oom_score_adj);
    check(mounts_protect(process));
    if (process->umask >= 0) umask((mode_t)process->umask);
    set_rlimits(process);
    // root may enter what the user may not, and the other way round.
    bool in_cwd = chdir(process->cwd) == 0;
    set_credentials(process);
    if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        fail(EXIT_SETUP, "setting no_new_privs");
    if (!in_cwd && chdir(process->cwd) < 0) {
        char what[4200];
        snprintf(what, sizeof what, "chdir to cwd (\"%.4000s\")", process->cwd);
        fail(EXIT_SETUP, what);
    }
    run(process);
}
