#define _GNU_SOURCE
#include "container.h"
#include "../../../src/protocol/descriptor.h"
#include "../file.h"
#include "binds.h"
#include "hooks.h"
#include "mounts.h"
#include "scheduling.h"
#include "seccomp.h"
#include "sysctls.h"
#include "user_namespace.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_SETUP = 1, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127, LAST_CAPABILITY = 63 };

static int error_fd;

static _Noreturn void fail_because(int code, const char *what, const char *why) {
    // Engines look for the reasons in the case in which Go writes them.
    dprintf(error_fd, "%s: %c%s", what, tolower((unsigned char)*why), why + 1);
    _exit(code);
}

static _Noreturn void fail(int code, const char *what) {
    fail_because(code, what, strerror(errno));
}

static void check(const char *failed) {
    if (failed) fail(EXIT_SETUP, failed);
}

static void run_hooks(const struct process *process) {
    const char *failed = hooks_run(&process->hooks);
    if (!failed) return;
    dprintf(error_fd, "%s", failed);
    _exit(EXIT_SETUP);
}

// A pseudoterminal of the container's own devpts as 0, 1, 2 and /dev/console.
static void open_terminal(const struct process *process, const struct child_fds *fds,
                          bool as_console) {
    char name[64];
    int unlock = 0, number;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
        fail(EXIT_SETUP, "opening a pseudoterminal");
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    if (slave < 0 || ioctl(master, TIOCGPTN, &number) < 0) fail(EXIT_SETUP, "opening the terminal");
    if (fchown(slave, user_namespace_uid(process, process->uid), (gid_t)-1) < 0)
        fail(EXIT_SETUP, "giving the terminal away");
    snprintf(name, sizeof name, "/dev/pts/%d", number);
    int console = as_console ? open("/dev/console", O_CREAT | O_RDONLY | O_CLOEXEC, 0600) : -1;
    if (as_console && (console < 0 || mount(name, "/dev/console", NULL, MS_BIND, NULL) < 0))
        fail(EXIT_SETUP, "mounting /dev/console");
    if (as_console) close(console);
    if (descriptor_send(fds->terminal, master, "", 1) < 0) fail(EXIT_SETUP, "passing the terminal");
    if (ioctl(slave, TIOCSCTTY, 0) < 0) fail(EXIT_SETUP, "taking the terminal");
    for (int fd = 0; fd <= 2; fd++) dup2(slave, fd);
    close(slave);
    close(master);
}

static void set_rlimits(const struct process *process) {
    for (size_t i = 0; i < process->rlimit_count; i++) {
        const struct rlimit_record *wanted = &process->rlimits[i];
        const struct rlimit limit = {wanted->soft, wanted->hard};
        if (setrlimit(wanted->resource, &limit) < 0) fail(EXIT_SETUP, "setting a resource limit");
    }
}

// Written while the ramdisk's /proc is there, since the container may have none.  The
// helper itself is exempt, so its children have to be told.
static void set_oom_score(int score) {
    if (file_write_oom_score(score) < 0) fail(EXIT_SETUP, "setting oom_score_adj");
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
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0 && errno != EPERM &&
            errno != EINVAL) // what cannot be granted is no failure
            fail(EXIT_SETUP, "raising ambient capabilities");
}

static const char *find_variable(char **env, const char *name) {
    size_t length = strlen(name);
    for (; *env; env++)
        if (!strncmp(*env, name, length) && (*env)[length] == '=') return *env + length + 1;
    return NULL;
}

// The environment with HOME from the rootfs's passwd, if it has none of its own.
static char **with_home(const struct process *process) {
    static char home[4096] = "HOME=/";
    const char *own = find_variable(process->env, "HOME");
    size_t count = 0, kept = 0;
    if (own && *own) return process->env;
    // A FIFO of that name must not stop us.
    int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (file) {
        for (struct passwd *user; (user = fgetpwent(file));)
            if (user->pw_uid == process->uid) {
                snprintf(home, sizeof home, "HOME=%s", user->pw_dir);
                break;
            }
        fclose(file);
    }
    while (process->env[count]) count++;
    char **env = calloc(count + 2, sizeof *env);
    if (!env) abort();
    for (size_t i = 0; i < count; i++)
        if (strncmp(process->env[i], "HOME=", 5) != 0) env[kept++] = process->env[i];
    env[kept] = home;
    return env;
}

// execve with a search on the container's own PATH.
static _Noreturn void run(const struct process *process, char **env) {
    const char *name = process->args[0];
    int error = ENOENT;
    char path[4096];
    if (strchr(name, '/')) {
        execve(name, process->args, env);
        error = errno;
    } else {
        const char *search = find_variable(env, "PATH");
        if (!search) search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        for (;;) {
            size_t length = strcspn(search, ":");
            int size = snprintf(path, sizeof path, "%.*s%s%s", (int)length, search,
                                length ? "/" : "./", name);
            if (size > 0 && (size_t)size < sizeof path) {
                execve(path, process->args, env);
                if (errno != ENOENT && errno != ENOTDIR) error = errno;
            }
            if (search[length] == '\0') break;
            search += length + 1;
        }
    }
    snprintf(path, sizeof path, "exec: \"%.1024s\"", name);
    if (error == ENOENT && !strchr(name, '/'))
        fail_because(EXIT_NOT_FOUND, path, "executable file not found in $PATH");
    errno = error;
    fail(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, path);
}

// What is left once the container around the process is there; `init` is the pidfd of the first
// process of the one that it joins, or -1.
static _Noreturn void become(const struct process *process, int init) {
    if (process->umask >= 0) umask((mode_t)process->umask);
    set_rlimits(process);
    // root may enter what the user may not, and the other way round.
    bool in_cwd = chdir(process->cwd) == 0;
    check(scheduling_apply(process));
    if (init >= 0 && process->namespaces & CLONE_NEWUSER && setns(init, CLONE_NEWUSER) < 0)
        fail(EXIT_SETUP, "joining the container's user namespace");
    if (init < 0) check(user_namespace_enter(process));
    // Without no_new_privs only a privileged process may install a filter, with it
    // the filter comes last, so that it need allow little more than execve.
    if (!process->no_new_privileges) check(seccomp_install(process));
    set_credentials(process);
    if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        fail(EXIT_SETUP, "setting no_new_privs");
    if (!in_cwd && chdir(process->cwd) < 0) {
        char what[4200];
        snprintf(what, sizeof what, "chdir to cwd (\"%.4000s\")", process->cwd);
        fail(EXIT_SETUP, what);
    }
    char **env = with_home(process);
    if (process->no_new_privileges) check(seccomp_install(process));
    run(process, env);
}

static void open_stdio(const struct process *process, const struct child_fds *fds,
                       bool as_console) {
    if (process->terminal)
        open_terminal(process, fds, as_console);
    else
        for (int fd = 0; fd <= 2; fd++) dup2(fds->stdio[fd], fd);
}

// Waits until the session opens the gate; nobody wants the process of one that has ended.
static enum gate pass_gate(const struct child_fds *fds) {
    char byte;
    ssize_t n;
    if (fds->gate < 0) return GATE_OPEN;
    close(fds->keeper);
    if (write(fds->gate, "", 1) != 1) _exit(EXIT_SETUP);
    while ((n = read(fds->gate, &byte, 1)) < 0 && errno == EINTR) {
    }
    if (n != 1) _exit(EXIT_SETUP);
    return (enum gate)byte;
}

_Noreturn void container_exec(const struct process *process, const struct container *container,
                              const struct child_fds *fds) {
    error_fd = fds->error;
    setsid();
    set_oom_score(process->oom_score_adj);
    umask(0);
    check(user_namespace_prepare(process));
    check(binds_open(process));
    check(sysctls_open());
    check(mounts_enter_rootfs(container->rootfs));
    check(mounts_apply(process));
    check(mounts_make_devices(process));
    umask(022);
    if (process->hostname && sethostname(process->hostname, strlen(process->hostname)) < 0)
        fail(EXIT_SETUP, "setting the hostname");
    if (process->domainname && setdomainname(process->domainname, strlen(process->domainname)) < 0)
        fail(EXIT_SETUP, "setting the domain name");
    open_stdio(process, fds, true);
    check(mounts_protect(process));
    const enum gate gate = pass_gate(fds);
    if (gate == GATE_OPEN_WITH_LATE_MOUNTS) check(mounts_apply_late(process));
    check(sysctls_apply(process));
    run_hooks(process);
    become(process, -1);
}

_Noreturn void container_join(const struct process *process, const struct child_fds *fds,
                              int init) {
    error_fd = fds->error;
    setsid();
    set_oom_score(process->oom_score_adj);
    if (setns(init, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP) < 0)
        fail(EXIT_SETUP, "joining the container's namespaces");
    umask(022);
    open_stdio(process, fds, false);
    (void)pass_gate(fds); // until the size of its window is known
    become(process, init);
}
